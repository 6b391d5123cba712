import { claimLook, heldBy } from './at-claim.ts';
import { cutPoint } from '../effects/cut-point.ts';
import { dueOf, noticeSubject, SENDING, toldReceipt, type Due } from './told.ts';
import { EffectPage } from '../effects/effect-page.ts';
import { factsView } from './notice-view.ts';
import { guardOf } from './guard.ts';
import { isCodedError } from '../../contracts/errors.ts';
import { patienceOf } from './patience.ts';
import { returnPath } from './return-path.ts';
import { readNoticeTexts, type NoticeTexts } from './texts.ts';
import { readSecretStates, viewOf, type SecretStates, type Site } from './view.ts';
import { smtpConnector, type Letter, type NoticeSender } from './connectors/smtp.ts';
import type { Act, TargetReport } from '../effects/act.ts';
import type { Attempt } from '../effects/attempt.ts';
import type { DatasetRow, PersonAttributes, PersonSealed } from '../../contracts/dataset.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { HoldView } from '../../contracts/returns.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { Mailer } from './mailer.ts';
import type { NoticeView } from './notice-view.ts';
import type { RenderedNotice } from './render.ts';
import type { PageCall, PageResult } from '../../contracts/effects.ts';

/** What `notices.send` works with. */
export interface NoticeOptions {
  readonly ledger: Ledger;
  readonly mailer: Mailer;
  readonly sender: NoticeSender;
  readonly siteOf: (incident: string) => Site;
  /** Attempt to run as; without it the running Temporal activity's. */
  readonly attempt?: Attempt;
}

/** Ends that say nothing of a reader: the server cannot be used at all, so the others need not find out as well. */
const UNUSABLE: readonly ErrorCode[] = ['CONNECTOR_UNREACHABLE', 'CONNECTOR_UNAUTHORIZED'];
/** Longest time until a held reader is looked at again; a hold that is lifted needs no more. */
const HELD_WAIT_MS = 15 * 60 * 1_000;

/**
 * `notices.send`: one page of notices. Each is rendered right before it is sent, from what the ledger says of its
 * reader's own secrets when it is claimed. Readers whom a hold covers are `withheld` and left: they are claimed again when
 * it is lifted or has run out.
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
    const subject = (row: DatasetRow): string => noticeSubject(call, row);
    const holds = await freeHeld(page, subject);
    const admitted = await page.admit(SENDING, subject);
    const news = admitted.filter((row) => due(row).secrets !== undefined);
    const patience = patienceOf(call, ledger);
    const connector = smtpConnector(mailer, sender, {
      write: writer(call, options, { rows: page.rows, texts, states, due }),
      returnPath: (row, generation) =>
        returnPath(
          ledger.incidents,
          { incident: call.incident, subject: subject(row), generation },
          sender.bounceDomain,
        ),
      putOff: (row, generation, delivery) => patience(subject(row), generation, delivery),
    });
    const slot = (signal: AbortSignal): Promise<(() => void) | undefined> => mailer.slots.take(signal);
    const look = claimLook(call, ledger, { rows: page.rows, states, due });
    const act: Act = {
      ...{ action: SENDING, connector, subject, slot, watchesReturns: true, awayCodes: UNUSABLE },
      paramsHash: () => texts.hash,
    };
    const sent = await page.run({ ...act, screen: (rows) => look.screen(rows) }, news);
    const reports = sent.map((report) => (report.code === 'NOTICE_HELD' ? waiting(report, holds) : report));
    const result = await page.close([...reports, ...admitted.filter((row) => !news.includes(row)).map(unchanged)]);
    cutPoint('settled-not-reported');
    return look.drift > 0 ? { ...result, drift: look.drift } : result;
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
  const [site, factsIn] = [siteOf(incident), factsView(call.facts)];
  return (row) => {
    const { secrets = [], followUp } = given.due(row);
    const locale = given.texts.localeFor((row.attributes as PersonAttributes).locale);
    const name = (row.sealed as PersonSealed | undefined)?.displayName ?? '';
    const facts = factsIn(locale);
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

/** Puts readers back to planned whom an earlier attempt withheld and no hold covers any more. @returns the holds in force. */
async function freeHeld(page: EffectPage, subject: (row: DatasetRow) => string): Promise<readonly HoldView[]> {
  const { call, ledger, rows } = page;
  const [holds, states] = await Promise.all([
    ledger.holds.active(call.incident),
    page.states(SENDING, rows.map(subject)),
  ]);
  const free = rows
    .filter((row) => states.get(subject(row))?.code === 'NOTICE_HELD' && !heldBy(holds, row))
    .map(subject);
  if (free.length > 0) await ledger.holds.release(call.incident, free);
  return holds;
}

/** A held reader is not done with: it is asked for again when its hold runs out, or after a while. */
function waiting(report: TargetReport, holds: readonly HoldView[]): TargetReport {
  const until = heldBy(holds, report.row)?.until;
  const leftMs = until === undefined ? HELD_WAIT_MS : Math.max(1_000, Date.parse(until) - Date.now());
  return { ...report, left: true, waitMs: Math.min(leftMs, HELD_WAIT_MS) };
}

function unchanged(row: DatasetRow): TargetReport {
  return { row, subject: row.subject, state: 'withheld', left: false, code: 'NOTICE_UNCHANGED' };
}
