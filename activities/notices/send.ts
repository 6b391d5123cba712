import { cutPoint } from '../effects/cut-point.ts';
import { dueOf, noticeSubject, SENDING, toldReceipt, type Due } from './told.ts';
import { EffectPage } from '../effects/effect-page.ts';
import { factsView } from './notice-view.ts';
import { guardOf } from './guard.ts';
import { isCodedError } from '../../contracts/errors.ts';
import { readNoticeTexts, type NoticeTexts } from './texts.ts';
import { readSecretStates, viewOf, type SecretStates, type Site } from './view.ts';
import { smtpConnector, type Letter, type NoticeSender } from './connectors/smtp.ts';
import type { Attempt } from '../effects/attempt.ts';
import type { DatasetRow, PersonAttributes, PersonSealed } from '../../contracts/dataset.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { Mailer } from './mailer.ts';
import type { NoticeView } from './notice-view.ts';
import type { RenderedNotice } from './render.ts';
import type { PageCall, PageResult } from '../../contracts/effects.ts';
import type { TargetReport } from '../effects/act.ts';

/** What `notices.send` works with. */
export interface NoticeOptions {
  readonly ledger: Ledger;
  readonly mailer: Mailer;
  readonly sender: NoticeSender;
  readonly siteOf: (incident: string) => Site;
  /** Attempt to run as; without it the running Temporal activity's. */
  readonly attempt?: Attempt;
}

/**
 * `notices.send`: one page of notices. Each is rendered right before it is sent, from what the ledger says of its
 * reader's own secrets when the page begins.
 *
 * @idempotency one blind effect for each (notice, round, reader). One told before to whom nothing is new is no effect and
 *   counts as `withheld` with NOTICE_UNCHANGED.
 * @throws NOTICE_TEXT_MISSING, NOTICE_TEXT_REFUSED for a text that cannot be parsed; codes of {@link EffectPage.open}.
 */
export async function sendNotices(call: PageCall, options: NoticeOptions): Promise<PageResult> {
  const { ledger, mailer, sender, attempt } = options;
  const texts = await readNoticeTexts(ledger, call);
  const page = await EffectPage.open(call, { ledger, opens: call.mode === 'live', ...(attempt ? { attempt } : {}) });
  try {
    const states = await readSecretStates(ledger, call.incident, page.rows);
    const due = await dueOf(ledger, call, page.rows, states);
    const write = writer(call, options, { rows: page.rows, texts, states, due });
    const subject = (row: DatasetRow): string => noticeSubject(call, row);
    const admitted = await page.admit(SENDING, subject);
    const news = admitted.filter((row) => due(row).secrets !== undefined);
    const connector = smtpConnector(mailer, sender, write);
    const slot = (): Promise<(() => void) | undefined> => mailer.slots.take(page.signal);
    const sent = await page.run({ action: SENDING, connector, subject, slot, paramsHash: () => texts.hash }, news);
    const result = await page.close([...sent, ...admitted.filter((row) => !news.includes(row)).map(unchanged)]);
    cutPoint('settled-not-reported');
    return result;
  } finally {
    page.dispose();
  }
}

/** Writes the letters of a page: renders, and refuses what must not leave. */
function writer(
  call: PageCall,
  { siteOf }: NoticeOptions,
  given: {
    readonly rows: readonly DatasetRow[];
    readonly texts: NoticeTexts;
    readonly states: SecretStates;
    readonly due: (row: DatasetRow) => Due;
  },
): (row: DatasetRow) => Letter {
  const { incident } = call;
  const guard = guardOf(given.rows);
  const [site, facts] = [siteOf(incident), factsView(call.facts)];
  return (row) => {
    const { secrets = [], followUp } = given.due(row);
    const locale = given.texts.localeFor((row.attributes as PersonAttributes).locale);
    const name = (row.sealed as PersonSealed | undefined)?.displayName ?? '';
    const view = viewOf(row, { incident, facts, site, states: given.states, secrets, followUp, name });
    try {
      const render = (some: NoticeView): RenderedNotice => given.texts.of(locale).render(some, locale);
      const notice = render(view);
      if (guard.refuse(notice, row, view, { locale, render }) !== undefined) return { refused: 'NOTICE_TEXT_REFUSED' };
      return { notice, receipt: toldReceipt(secrets, given.states) };
    } catch (error) {
      if (isCodedError(error)) return { refused: error.code };
      throw error;
    }
  };
}

function unchanged(row: DatasetRow): TargetReport {
  return { row, subject: row.subject, state: 'withheld', left: false, code: 'NOTICE_UNCHANGED' };
}
