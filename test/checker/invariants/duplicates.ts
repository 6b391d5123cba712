import { marksOf, markOfMessage } from '../effect-keys.ts';
import { Judgement, type Verdict } from '../verdict.ts';
import { planStepOf, stepOfLease, type Evidence, type EvidenceAct } from '../evidence.ts';
import type { OutsideRecords } from '../records.ts';

function countBy<Entry>(entries: readonly Entry[], keyOf: (entry: Entry) => string | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const key = keyOf(entry);
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/**
 * I2: keyed acts gave one thing a key, and of looked-up ones at most one was left open. An act that may be applied again
 * changes nothing the second time, so asking twice is no duplicate.
 */
export function judgeRepeats(_evidence: Evidence, { issuer, tickets, chat = [] }: OutsideRecords): Verdict {
  const judgement = new Judgement('I2');
  const issued = new Map<string, Set<string>>();
  for (const entry of issuer) {
    if (entry.act === 'revoke') judgement.look(entry.id, undefined);
    if (entry.act === 'issue') issued.set(entry.key, (issued.get(entry.key) ?? new Set()).add(entry.replacement));
  }
  for (const [key, made] of issued)
    judgement.look(key, made.size > 1 ? `${made.size} replacements were issued for one key` : undefined);
  const open = countBy(tickets, (ticket) => (ticket.open ? ticket.mark : undefined));
  for (const [mark, count] of open)
    judgement.look(mark, count > 1 ? `${count} tickets of one act are open` : undefined);
  for (const [mark, count] of countBy(chat, ({ mark: of }) => (of === '' ? undefined : of)))
    judgement.look(mark, count > 1 ? `${count} rooms were opened by one act` : undefined);
  for (const [key, count] of countBy(
    chat.flatMap(({ posts }) => posts),
    (post) => (post.key === '' ? undefined : post.key),
  ))
    judgement.look(key, count > 1 ? `${count} messages of one act are in the chat` : undefined);
  return judgement.end('nobody outside was asked for such an act');
}

/** How often an act may have been done: once, and once more for each time that somebody asked for it. */
function allowedOf(evidence: Evidence, { lease, generation }: EvidenceAct): number {
  const step = stepOfLease(lease ?? '');
  if (planStepOf(evidence, step)?.onUnknown === 'resend') return Math.min(generation, 2);
  const retries = evidence.records.filter(({ kind, body }) => kind === 'decision' && body['step'] === step).length;
  return Math.min(generation, 1 + retries);
}

/** I3: no message was taken twice, and nobody was written to again unasked, whatever the engine says of it. */
export function judgeBlind(evidence: Evidence, { mail }: OutsideRecords): Verdict {
  const judgement = new Judgement('I3');
  const acts = marksOf(evidence, (action) => action === 'notices.send');
  const taken = new Map<EvidenceAct, number>();
  for (const [mark, count] of countBy(mail, ({ id }) => markOfMessage(id))) {
    const act = acts.get(mark);
    judgement.look(
      act?.subject ?? mark,
      count > 1 ? `${count} messages of one notice (${act?.state ?? 'absent'})` : undefined,
    );
    if (act) taken.set(act, (taken.get(act) ?? 0) + 1);
  }
  for (const [act, count] of taken)
    judgement.look(
      act.subject,
      count > allowedOf(evidence, act) ? 'it was sent again, and nobody had asked' : undefined,
    );
  for (const { id, recipients } of mail)
    if (recipients.length > 1) judgement.look(id, `one message went to ${recipients.length} people`);
  return judgement.end('no notice was taken by a mail server');
}
