import { markOfMessage, marksOf } from '../effect-keys.ts';
import { planStepOf, stepOfLease, textOf, type Evidence, type EvidenceAct } from '../evidence.ts';
import { judgeRotations } from './rotations.ts';
import { Judgement, type Verdict } from '../verdict.ts';
import type { Approval } from '../../../contracts/plan.ts';
import type { JournalRecord } from '../../../contracts/journal.ts';
import type { OutsideRecords } from '../records.ts';

const MARK_LENGTH = 32; // of `<mark>-card`

/** What of an approval's records stands before some place in the chain. */
interface Answers {
  readonly gate: JournalRecord;
  readonly approvals: readonly JournalRecord[];
  readonly isVoided: boolean;
}

/** The gate of a digest with the answers to it that come before a record. */
function answersBefore({ records }: Evidence, digest: string, seq: number): Answers | undefined {
  const before = records.filter((record) => record.seq < seq);
  const gate = before.findLast(({ kind, body }) => kind === 'gate.opened' && body['digest'] === digest);
  if (!gate) return undefined;
  const isOf = ({ body }: JournalRecord): boolean => body['gate'] === gate.body['gate'];
  return {
    gate,
    approvals: before.filter(
      (record) =>
        record.kind === 'decision' &&
        isOf(record) &&
        record.body['digest'] === digest &&
        record.body['answer'] === 'approve',
    ),
    isVoided: before.some((record) => record.kind === 'gate.voided' && isOf(record)),
  };
}

/** What is wrong with the decisions that an act went ahead on; `undefined`: nothing. */
function faultOf(evidence: Evidence, approval: Approval, act: JournalRecord): string | undefined {
  const digest = act.body['gate'];
  if (typeof digest !== 'string') return 'it went ahead without a gate';
  const answers = answersBefore(evidence, digest, act.seq);
  if (!answers) return 'no gate of its digest was open before it';
  if (answers.isVoided) return 'its gate had been taken back';
  const { approvals } = answers;
  if (approvals.some(({ body }) => body['breakGlass'] === true)) return undefined;
  const allowed = Math.max(0, ...approvals.map(({ body }) => Number(body['preauthorised'] ?? 0)));
  if (allowed > 0 && Number(act.body['to'] ?? 1) <= allowed) return undefined;
  const requester = evidence.records[0]?.actor;
  const people = approvals.filter(({ actor, body }) => actor !== requester && body['preauthorised'] === undefined);
  if (new Set(people.map(({ actor }) => actor)).size < approval.quorum) return 'too few people had approved';
  const isCovered = approval.roles.every((role) => people.some(({ body }) => body['role'] === role));
  return approval.rule === 'all' && !isCovered ? 'a role had not approved' : undefined;
}

/** Every opening of an act whose step needs a decision has one before it in the chain. */
function judgeDecisions(judgement: Judgement, evidence: Evidence): void {
  for (const record of evidence.records) {
    const isPage = record.kind === 'page.opened';
    const isSingle = record.kind === 'effect' && record.key.endsWith(':opened');
    if (!isPage && !isSingle) continue;
    const approval = planStepOf(evidence, textOf(record.body['step']))?.approval;
    if (approval) judgement.look(record.key, faultOf(evidence, approval, record));
  }
}

/** Every effect was announced before it was claimed, or, of a single one, before it was done. */
function judgeRecords(judgement: Judgement, { records, acts }: Evidence): void {
  const opened = new Map<string, string>();
  const singles = new Set<string>();
  for (const { kind, key, at, body } of records) {
    if (kind === 'page.opened') {
      const name = /^page:(.+#\d+:\d+:\d+)(?::\d+)?$/.exec(key)?.[1] ?? key;
      if (!opened.has(name)) opened.set(name, at);
    }
    if (kind === 'effect') singles.add(`${textOf(body['action'])} ${textOf(body['subject'])}`);
  }
  const fault = ({ action, subject, state, lease, epoch, claimedAt }: EvidenceAct): string | undefined => {
    if (lease?.endsWith(':single') === true)
      return state === 'claimed' || singles.has(`${action} ${subject}`)
        ? undefined
        : 'no record of it is in the journal';
    const at = opened.get(`${lease ?? ''}:${epoch ?? ''}`);
    if (at === undefined) return 'no page of its lease and attempt was opened in the journal';
    return claimedAt !== null && claimedAt < at ? 'it was claimed before its page was opened' : undefined;
  };
  for (const act of acts) if (act.lease !== null) judgement.look(act.subject, fault(act));
}

/** Nothing was done outside that the evidence does not know. */
function judgeStrangers(judgement: Judgement, evidence: Evidence, outside: OutsideRecords): void {
  const acted = new Set(
    evidence.acts.filter(({ action }) => action.startsWith('credentials.')).map(({ subject }) => subject),
  );
  const refs = new Set(
    [...evidence.datasets.values()].flatMap(({ targets }) =>
      targets.flatMap(([of, , ref]) => (acted.has(of) ? [ref] : [])),
    ),
  );
  for (const entry of outside.issuer)
    if (entry.act === 'revoke')
      judgement.look(entry.id, refs.has(entry.id) ? undefined : 'revoked, and no effect says so');
  const notices = marksOf(evidence, (action) => action === 'notices.send');
  for (const { id } of outside.mail) {
    const mark = markOfMessage(id);
    if (mark !== undefined) judgement.look(id, notices.has(mark) ? undefined : 'a message that no effect knows');
  }
  const tickets = marksOf(evidence, (action) => action.startsWith('tickets.'));
  for (const { id, mark } of outside.tickets)
    judgement.look(id, tickets.has(mark) ? undefined : 'a ticket that no effect knows');
  const chats = marksOf(evidence, (action) => action.startsWith('chat.'));
  for (const { id, mark, posts } of outside.chat ?? []) {
    if (mark !== '') judgement.look(id, chats.has(mark) ? undefined : 'a room that no effect knows');
    for (const post of posts)
      if (post.key !== '')
        judgement.look(post.id, chats.has(post.key.slice(0, MARK_LENGTH)) ? undefined : 'a post that no effect knows');
  }
}

/** I4: no effect without a journal record and, where its step has a gate, valid decisions for that gate's digest. */
export function judgePermission(evidence: Evidence, outside: OutsideRecords): Verdict {
  const judgement = new Judgement('I4');
  if (evidence.manifest.audience !== 'auditor') return judgement.end('only a bundle for auditors names the effects');
  judgeDecisions(judgement, evidence);
  judgeRecords(judgement, evidence);
  judgeStrangers(judgement, evidence, outside);
  judgeRotations(judgement, evidence, outside);
  return judgement.end('nothing was done');
}

/** Steps that are judged by what a stop covers: a step, what is inside it, or everything. */
export function isCovered(stopped: unknown, lease: string): boolean {
  const step = stepOfLease(lease);
  return typeof stopped !== 'string' || step === stopped || step.startsWith(`${stopped}/`);
}
