import { Liquid, type Template } from 'liquidjs';
import { CodedError } from '../../contracts/errors.ts';
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
  /** @throws NOTICE_TEXT_REFUSED where a value is missing or the output grows beyond all measure. */
  render(view: NoticeView, locale: string): RenderedNotice;
}

const limits = { parseLimit: 200_000, renderLimit: 1_000, memoryLimit: 5_000_000 }; // characters, milliseconds, units of liquidjs
const strict = { strictVariables: true, strictFilters: true, ownPropertyOnly: true, ...limits };
const plain = new Liquid(strict);
const escaping = new Liquid({ ...strict, outputEscape: 'escape' });

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
    subject: plain.parse(subject),
    text: plain.parse(toTextTemplate(body)),
    html: escaping.parse(toHtmlTemplate(body)),
  }));
  return {
    render: (view, locale) =>
      refusing(name, () => ({
        subject: oneLine(fill(plain, parsed.subject, view)),
        text: `${fill(plain, parsed.text, view)
          .replace(/\n{3,}/g, '\n\n')
          .trim()}\n`,
        html: page(locale, fill(escaping, parsed.html, view).replaceAll('<ul></ul>', '')),
      })),
  };
}

function fill(engine: Liquid, template: readonly Template[], view: NoticeView): string {
  return String(engine.renderSync([...template], { ...view }));
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
