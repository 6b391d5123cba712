import { CodedError } from '../../contracts/errors.ts';
import { compileTemplate } from './template.ts';
import { parseText } from '../../contracts/text-source.ts';
import { toHtmlTemplate, toTextTemplate } from './markdown.ts';
import type { NoticeView } from './notice-view.ts';

/** A notice for one reader, ready to be sent. */
export interface RenderedNotice {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A text of the plan, parsed once and rendered for each reader. */
export interface NoticeTemplate {
  /** @throws NOTICE_TEXT_REFUSED where a value is missing. */
  render(view: NoticeView, locale: string): RenderedNotice;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

/**
 * Parses a text file: front matter with `subject`, then the body.
 *
 * @param name - for messages.
 * @throws NOTICE_TEXT_REFUSED when it is no valid template or has no subject.
 */
export function noticeTemplate(source: string, name: string): NoticeTemplate {
  const { meta, body } = parseText(source);
  const subject = meta['subject'];
  if (subject === undefined || subject === '') {
    throw new CodedError('NOTICE_TEXT_REFUSED', `${name} has no subject`);
  }
  const parsed = refusing(name, () => ({
    subject: compileTemplate(subject),
    text: compileTemplate(toTextTemplate(body)),
    html: compileTemplate(toHtmlTemplate(body), escapeHtml),
  }));
  return {
    render: (view, locale) =>
      refusing(name, () => ({
        subject: oneLine(parsed.subject(view)),
        text: `${parsed
          .text(view)
          .replace(/\n{3,}/g, '\n\n')
          .trim()}\n`,
        html: page(locale, parsed.html(view).replaceAll('<ul></ul>', '')),
      })),
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => ESCAPES[mark]!);
}

function refusing<Result>(name: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    const [why = ''] = error instanceof Error ? error.message.split('\n') : [];
    throw new CodedError('NOTICE_TEXT_REFUSED', `${name}: ${why}`);
  }
}

/** A header is one line, whatever was filled in. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Plain type, no images, no links, nothing fetched. */
function page(locale: string, body: string): string {
  const style = 'font-family:sans-serif;font-size:16px;line-height:1.5;max-width:40em';
  return `<!doctype html>\n<html lang="${locale}"><head><meta charset="utf-8"></head><body style="${style}">\n${body}\n</body></html>\n`;
}
