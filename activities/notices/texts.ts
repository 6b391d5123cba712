import { text } from '../credentials/connectors/answers.ts';
import { CodedError } from '../../contracts/errors.ts';
import { digestOf } from '../effects/effect-key.ts';
import { noticeTemplate, type NoticeTemplate } from './render.ts';
import type { ActionCall } from '../../contracts/effects.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { Ledger } from '../../ledger/ports.ts';

const FALLBACK_LOCALE = 'en';
const WITHOUT_LOCALE = 'default';

/** The texts of one template in every locale the plan holds. */
export interface NoticeTexts {
  /** Hash over all of them and the rule by which a locale is chosen: what was approved, whoever reads it. */
  readonly hash: Digest;
  /** Locale whose text a reader gets: the reader's own, its language, English, any. */
  localeFor(locale: string): string;
  /** Template of one of these locales. */
  of(locale: string): NoticeTemplate;
}

/** Reads the texts that a step's template names. @throws NOTICE_TEXT_MISSING, NOTICE_TEXT_REFUSED, DOCUMENT_UNKNOWN */
export async function readNoticeTexts(ledger: Ledger, call: ActionCall): Promise<NoticeTexts> {
  const template = text(call.with['template']);
  const hashes = Object.entries(call.texts)
    .filter(([key]) => key === template || key.startsWith(`${template}/`))
    .map(([key, hash]) => [key.slice(template.length + 1) || WITHOUT_LOCALE, hash] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const [first] = hashes;
  if (!first) throw new CodedError('NOTICE_TEXT_MISSING', `${call.step}: the plan has no text ${template}`);
  const templates = new Map(
    await Promise.all(
      hashes.map(async ([locale, hash]) => {
        const source = await ledger.documents.text(hash);
        return [locale, noticeTemplate(source, `${template}/${locale}`)] as const;
      }),
    ),
  );
  const fixed = fixedLocale(call);
  const chosen = (locale: string): string => {
    const wanted = fixed ?? locale;
    const [language = ''] = wanted.split('-');
    return [wanted, language, FALLBACK_LOCALE, WITHOUT_LOCALE].find((one) => templates.has(one)) ?? first[0];
  };
  return {
    hash: digestOf({ notice: call.with['notice'] ?? null, texts: hashes, locale: fixed ?? 'reader' }),
    localeFor: chosen,
    of: (locale) => templates.get(chosen(locale)) as NoticeTemplate,
  };
}

/** A locale that the step names for everybody; `item.locale`, which stays an expression, means each reader's own. */
function fixedLocale({ with: given }: ActionCall): string | undefined {
  const { locale } = given;
  return typeof locale === 'string' && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(locale) ? locale : undefined;
}
