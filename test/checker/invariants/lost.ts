import { markOf } from '../effect-keys.ts';
import { planStepOf, textOf, type Evidence, type EvidenceAct, type EvidenceDataset } from '../evidence.ts';
import { Judgement, type Verdict } from '../verdict.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { OutsideRecords } from '../records.ts';

/** States in which nothing has become of a target yet. */
const OPEN = new Set(['planned', 'claimed']);
/** Steps over targets whose subject is that of the target, or of its notice. */
const JUDGED = new Set([
  'credentials.revoke',
  'credentials.disable',
  'credentials.rotate',
  'sessions.end',
  'notices.send',
]);
/** The acts of a rotation, the last one first. */
const ROTATION = ['credentials.revoke', 'credentials.handover', 'credentials.issue'] as const;

/** How a visit of a step over targets ended. */
interface EndedRollout {
  readonly step: string;
  readonly uses: string;
  readonly round: number;
  readonly dataset: EvidenceDataset;
  /** Targets that the step itself says are left; `undefined` where it ended without saying. */
  readonly left: number | undefined;
}

/** The last visit of every step over targets that has ended. */
function endedRollouts(evidence: Evidence): readonly EndedRollout[] {
  const pages = new Map<string, JsonObject>();
  const ended = new Map<string, JsonObject>();
  for (const { kind, body } of evidence.records) {
    if (kind === 'page.opened' || kind === 'page.closed') pages.set(textOf(body['step']), body);
    if (kind === 'step.ended' && 'step' in body) ended.set(textOf(body['step']), body);
  }
  return [...pages].flatMap(([step, page]) => {
    const end = ended.get(step);
    const dataset = evidence.datasets.get(textOf(page['dataset']));
    const uses = textOf(page['uses']);
    if (!end || !dataset || !JUDGED.has(uses)) return [];
    const left = (end['outputs'] as JsonObject | undefined)?.['left'];
    return [{ step, uses, round: Number(page['round']), dataset, left: typeof left === 'number' ? left : undefined }];
  });
}

function subjectIn(evidence: Evidence, { step, uses, round }: EndedRollout, target: string): string {
  if (uses !== 'notices.send') return target;
  const { notice } = (planStepOf(evidence, step)?.with ?? {}) as JsonObject;
  return `${textOf(notice)}/${round}/${target}`;
}

/** Whether nothing has become of a rotated target yet: it is still before its end, and did not fail on the way. */
function isHalfRotated(acts: ReadonlyMap<string, EvidenceAct>, subject: string): boolean {
  const last = ROTATION.map((action) => acts.get(`${action} ${subject}`)).find((act) => act !== undefined);
  if (!last || OPEN.has(last.state)) return true;
  return last.action !== 'credentials.revoke' && (last.state === 'accepted' || last.state === 'verified');
}

/** I1, inside: of every target of a step that ended something has become, or the step says how many are left. */
function judgeTargets(judgement: Judgement, evidence: Evidence): void {
  const acts = new Map(evidence.acts.map((act) => [`${act.action} ${act.subject}`, act]));
  for (const rollout of endedRollouts(evidence)) {
    const { step, uses, round, dataset, left } = rollout;
    if (dataset.targets.length !== dataset.count) judgement.look(dataset.id, 'the bundle lacks targets of a dataset');
    const open = dataset.targets.filter(([subject]) => {
      if (uses === 'credentials.rotate') return isHalfRotated(acts, subject);
      const act = acts.get(`${uses} ${subjectIn(evidence, rollout, subject)}`);
      return act === undefined ? uses !== 'notices.send' || round === 1 : OPEN.has(act.state);
    });
    const isTold = left === undefined || open.length <= left;
    for (const [subject] of dataset.targets)
      judgement.look(
        subject,
        isTold || !open.some(([lost]) => lost === subject) ? undefined : `${step} ended and nothing became of it`,
      );
  }
}

/** I1, outside: what is said to be done was done. */
function judgeDone(judgement: Judgement, evidence: Evidence, outside: OutsideRecords): void {
  const { incident } = evidence.manifest;
  const refs = new Map(
    [...evidence.datasets.values()].flatMap(({ targets }) => targets.map(([of, , ref]) => [of, ref])),
  );
  const alive = new Set(outside.issuer.flatMap((entry) => (entry.act === 'state' && entry.active ? [entry.id] : [])));
  const issued = new Set(outside.issuer.flatMap((entry) => (entry.act === 'issue' ? [entry.key] : [])));
  const handed = new Set(outside.issuer.flatMap((entry) => (entry.act === 'handover' ? [entry.id] : [])));
  const messages = new Set(outside.mail.map(({ id }) => id.slice(1, 33)));
  const tickets = new Set(outside.tickets.map(({ mark }) => mark));
  const { chat } = outside;
  const rooms = new Set(chat?.map(({ mark }) => mark));
  const posts = new Set(chat?.flatMap(({ posts: some }) => some.map(({ key }) => key)));
  const isMissing: Readonly<Record<string, (act: EvidenceAct, mark: string) => boolean>> = {
    'credentials.revoke': ({ subject }) => alive.has(refs.get(subject) ?? ''),
    'credentials.issue': (_act, mark) => !issued.has(mark),
    'credentials.handover': ({ subject }) => !handed.has(refs.get(subject) ?? ''),
    'notices.send': (_act, mark) => !messages.has(mark),
    'tickets.open': (_act, mark) => !tickets.has(mark),
    'chat.open': (_act, mark) => chat !== undefined && !(rooms.has(mark) && posts.has(`${mark}-card`)),
    'chat.post': (_act, mark) => chat !== undefined && !posts.has(mark),
  };
  for (const act of evidence.acts) {
    const missing = isMissing[act.action];
    if (!missing || (act.state !== 'accepted' && act.state !== 'verified')) continue;
    const mark = markOf(incident, act.action, act.subject, act.generation);
    judgement.look(
      act.subject,
      missing(act, mark) ? `${act.action} is ${act.state}, and nobody outside has it` : undefined,
    );
  }
}

/** I1, of evidence: what a record says was kept is in the bundle, or withheld by its digest. */
function judgeKept(judgement: Judgement, { records, documents }: Evidence): void {
  for (const { key, kind, body } of records) {
    if (kind !== 'evidence' || typeof body['document'] !== 'string') continue;
    const isKept = documents.get(body['document']) === body['digest'];
    judgement.look(key, isKept ? undefined : 'evidence that was kept is not among the documents');
  }
}

/** I1: no planned target is lost. */
export function judgeLost(evidence: Evidence, outside: OutsideRecords): Verdict {
  const judgement = new Judgement('I1');
  judgeTargets(judgement, evidence);
  judgeDone(judgement, evidence, outside);
  judgeKept(judgement, evidence);
  return judgement.end('no step over targets has ended');
}
