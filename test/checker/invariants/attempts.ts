import { Judgement, type Verdict } from '../verdict.ts';
import { isCovered } from './permission.ts';
import type { Evidence } from '../evidence.ts';
import type { OutsideRecords } from '../records.ts';

const STOP_REACHES_MS = 5_000; // from the record of a stop to the flip of its permits: one activity, with a retry

/**
 * I7: no claim stands under an attempt that a newer one had overtaken before. Both instants are the database's.
 */
export function judgeAttempts({ records, acts }: Evidence): Verdict {
  const judgement = new Judgement('I7');
  const opened = new Map<string, { readonly epoch: number; readonly at: string }[]>();
  for (const { kind, key, at } of records) {
    const [, lease = '', epoch = ''] = (kind === 'page.opened' && /^page:(.+#\d+:\d+):(\d+)(?::\d+)?$/.exec(key)) || [];
    if (lease !== '') opened.set(lease, [...(opened.get(lease) ?? []), { epoch: Number(epoch), at }]);
  }
  for (const { subject, lease, epoch, claimedAt } of acts) {
    if (lease === null || epoch === null || claimedAt === null) continue;
    const overtaking = opened.get(lease)?.find((page) => page.epoch > epoch && page.at < claimedAt);
    judgement.look(subject, overtaking ? 'claimed by an attempt after a newer one had begun' : undefined);
  }
  return judgement.end('nothing was claimed');
}

/** I9: between a stop and its resumption nothing is claimed that the stop covers. */
export function judgeStops({ records, acts }: Evidence): Verdict {
  const judgement = new Judgement('I9');
  for (const { seq, kind, at, body } of records) {
    if (kind !== 'stop') continue;
    const { step } = body;
    const resumed = records.find(
      (later) =>
        later.seq > seq && later.kind === 'resume' && (later.body['step'] === undefined || later.body['step'] === step),
    );
    const [fromMs, toMs] = [Date.parse(at) + STOP_REACHES_MS, resumed ? Date.parse(resumed.at) : Infinity];
    judgement.look(String(seq), undefined);
    for (const { subject, lease, claimedAt } of acts) {
      if (lease === null || claimedAt === null || !isCovered(step, lease)) continue;
      const claimedMs = Date.parse(claimedAt);
      judgement.look(subject, claimedMs > fromMs && claimedMs < toMs ? 'claimed while it was stopped' : undefined);
    }
  }
  return judgement.end('nobody stopped anything');
}

/** I10: of a drill nobody outside noticed anything, and everything is withheld. */
export function judgeDrill(
  { manifest, acts }: Evidence,
  { issuer, mail, tickets, chat = [] }: OutsideRecords,
): Verdict {
  const judgement = new Judgement('I10');
  if (manifest.mode === 'live') return judgement.end('the incident is live');
  for (const entry of issuer)
    if (entry.act !== 'state')
      judgement.look(entry.id, `the issuer was asked for a ${entry.act} in a ${manifest.mode}`);
  for (const { id } of mail) judgement.look(id, `a message was sent in a ${manifest.mode}`);
  for (const { id } of tickets) judgement.look(id, `a ticket was opened in a ${manifest.mode}`);
  for (const { mark, posts } of chat) {
    if (mark !== '') judgement.look(mark, `a room was opened in a ${manifest.mode}`);
    for (const { key } of posts) if (key !== '') judgement.look(key, `a message was posted in a ${manifest.mode}`);
  }
  for (const { subject, state } of acts)
    judgement.look(subject, state === 'withheld' || state === 'planned' ? undefined : `an effect is ${state}`);
  return judgement.end('nothing would have been done');
}
