import { durationTextMs } from '../../../contracts/duration-text.ts';
import { planStepOf, textOf, type Evidence } from '../evidence.ts';
import { Judgement, type Verdict } from '../verdict.ts';
import type { JournalRecord } from '../../../contracts/journal.ts';
import type { JsonObject } from '../../../contracts/json.ts';

/** How late an escalation may come: an outage that ends is over within a minute. */
const LATE_MS = 60_000;

/** Until when somebody may answer: a gate by its approval, an ask by its `due`. */
function timeFor(evidence: Evidence, { kind, body }: JournalRecord): number | undefined {
  const node = planStepOf(evidence, textOf(body['step']));
  if (kind === 'gate.opened') return body['kind'] === 'approval' ? node?.approval?.withinMs : undefined;
  const { due } = (node?.with ?? {}) as JsonObject;
  return typeof due === 'string' ? durationTextMs(due) : undefined;
}

/** I5: what was not answered in time was escalated soon after. */
export function judgeDeadlines(evidence: Evidence): Verdict {
  const judgement = new Judgement('I5');
  const { records, manifest } = evidence;
  const lastMs = Date.parse(records.at(-1)?.at ?? manifest.exportedAt);
  for (const opened of records) {
    if (opened.kind !== 'gate.opened' && opened.kind !== 'ask.opened') continue;
    const withinMs = timeFor(evidence, opened);
    if (withinMs === undefined) continue;
    const { gate, step } = opened.body;
    const isOf = ({ seq, body }: JournalRecord): boolean =>
      seq > opened.seq && (gate === undefined ? body['step'] === step : body['gate'] === gate);
    const answers = records.filter(
      (record) => isOf(record) && ['decision', 'gate.voided', 'ask.answered', 'step.ended'].includes(record.kind),
    );
    const dueMs = Date.parse(opened.at) + withinMs;
    const endedMs = answers.length > 0 ? Date.parse(answers.at(-1)!.at) : lastMs;
    if (endedMs <= dueMs) continue;
    const isSaid = records.some(
      (record) => record.kind === 'escalation' && isOf(record) && Date.parse(record.at) <= dueMs + LATE_MS,
    );
    if (isSaid || endedMs > dueMs + LATE_MS)
      judgement.look(opened.key, isSaid ? undefined : 'nobody answered in time, and nobody was woken');
  }
  for (const { key, kind, at, body } of records) {
    if (kind !== 'clock' || typeof body['dueAt'] !== 'string') continue;
    if (body['number'] !== 1 && body['isLate'] === true) judgement.look(key, undefined);
    else if (Date.parse(at) > Date.parse(body['dueAt']) + LATE_MS) judgement.look(key, 'a duty was named late');
  }
  return judgement.end('no deadline fell due');
}
