import { canonicalJson, type Json } from '../../contracts/json.ts';
import type { IncidentView } from '../../contracts/api.ts';
import { outsides } from '../integration/engine/outside.ts';
import type { Attempt, Ways } from './attempts.ts';
import { REASON } from './http-ways.ts';
import { questionFor } from './matrix-playbook.ts';
import { CHIEF, type Actor, type Lane, type MatrixStand } from './matrix-stand.ts';
import type { Cell, Door, MatrixOperation } from './matrix.ts';

const ARRIVES_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 25;

/** How a door says that it knows no such thing. */
const NO_WAY: Readonly<Record<Door, string>> = { http: '', slack: 'SLACK_COMMAND_UNKNOWN', cli: 'CLI_USAGE' };

/** Rights that are asked before the one that is meant: some commands begin with a look, and an undo is an amendment. */
function askedFirst(door: Door, operation: MatrixOperation): readonly MatrixOperation[] {
  if (operation === 'undo') return ['amend'];
  return door === 'cli' && (operation === 'decide' || operation === 'resolve') ? ['read'] : [];
}

type Arrival = (
  stand: MatrixStand,
  who: Actor,
  lane: Lane,
  seen: { readonly view: IncidentView; readonly attempt: Attempt },
) => boolean | Promise<boolean>;

/** Whether the journal holds what somebody said. */
function isOnRecord(
  lane: Lane,
  { id }: Actor,
  kind: string,
  holds: (body: Readonly<Record<string, Json>>) => boolean = () => true,
): boolean {
  return outsides.get(lane.incident)!.journal.some((one) => one.actor === id && one.kind === kind && holds(one.body));
}

/** How the effect of each operation shows, told by who did it. */
const arrivals: Readonly<Record<MatrixOperation, Arrival>> = {
  start: async (stand, { id }, _lane, { attempt }) => {
    const [incident = 'none'] = /INC-\d{4}-\d+/.exec(attempt.text) ?? [];
    return (await stand.startedBy(id)).includes(incident);
  },
  read: (_stand, _who, { incident }, { attempt }) => attempt.text.includes(incident),
  decide: (_stand, { id }, { gate }, { view }) =>
    view.gates.find((one) => one.id === gate.id)?.answers.some(({ by }) => by === id) === true &&
    view.steps.some((step) => step.id === 'contain' && step.state === 'running'),
  fact: (_stand, { id }, { incident }, { view }) =>
    view.facts.some(
      ({ by, key, value }) => key === 'measuresTaken' && by === id && canonicalJson(value).includes(incident),
    ),
  resolve: (_stand, { id }, { role }, { view }) =>
    !view.asks.some(({ step }) => step === questionFor(role)) &&
    view.facts.some(({ by, key }) => key === 'natureOfBreach' && by === id),
  amend: (_stand, who, lane, { view }) =>
    (view.steps.some(({ id }) => id.startsWith('round/2')) || view.gates.some(({ kind }) => kind === 'amendment')) &&
    isOnRecord(lane, who, 'amendment', (body) => body['run'] === 'again'),
  undo: (_stand, who, lane) =>
    outsides.get(lane.incident)!.of('chat.topic').length === 2 &&
    isOnRecord(lane, who, 'amendment', (body) => canonicalJson(body['undo'] ?? null) === '["note"]'),
  stop: (_stand, who, lane, { view }) => view.stopped && isOnRecord(lane, who, 'stop'),
  resume: (_stand, who, lane, { view }) => !view.stopped && isOnRecord(lane, who, 'resume'),
  pause: (stand, who, lane) =>
    stand.permit(lane.incident) === 'held' && isOnRecord(lane, who, 'decision', (body) => body['rollout'] === 'pause'),
  steer: (stand, who, lane) =>
    stand.permit(lane.incident) === 'open' && isOnRecord(lane, who, 'decision', (body) => body['rollout'] === 'resume'),
  export: (stand, _who, { incident }) => stand.asked.exports.includes(incident),
  decode: (_stand, _who, { incident }, { attempt }) => attempt.text.includes(incident),
  hold: async (stand, { id }, { incident }) =>
    (await stand.deps.ledger.holds.list(incident)).some(({ by, basis }) => by === id && basis === REASON),
  audit: (_stand, _who, _lane, { attempt }) => attempt.text.includes('refusals'),
  reconcile: (_stand, _who, _lane, { attempt }) => attempt.text.includes('settled'),
  bounce: (stand, _who, { incident }) => stand.asked.bounces.some((one) => one.includes(incident)),
};

/** Waits until an act's effect shows. @returns what is wrong, nothing where it does. */
async function missing(
  stand: MatrixStand,
  operation: MatrixOperation,
  who: Actor,
  lane: Lane,
  attempt: Attempt,
): Promise<readonly string[]> {
  if (attempt.code !== undefined) return [`${who.id} is refused with ${attempt.code}: ${attempt.text.slice(0, 200)}`];
  const deadline = performance.now() + ARRIVES_WITHIN_MS;
  do {
    const view = await stand.view(lane.incident);
    if (await arrivals[operation](stand, who, lane, { view, attempt })) return [];
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  } while (performance.now() < deadline);
  return [`${who.id} was answered, and no effect of ${operation} arrived: ${attempt.text.slice(0, 200)}`];
}

/** Whether a refusal says that it is this one who may not do this. */
function isReasoned({ door, operation, expected }: Cell, { id }: Actor, { text }: Attempt): boolean {
  if (expected === 'GATE_REQUESTER') return text.includes(`${id} asked for`);
  return [operation, ...askedFirst(door, operation)].some((one) => text.includes(`${id} may not ${one}`));
}

/**
 * Asserts one cell: what may be done is done and its effect arrives; what may not is refused with the code and reason of
 * the right that lacks, changes nothing, and is done right afterwards by somebody who may, in the same words.
 *
 * @returns what is wrong, one sentence each.
 */
export async function judge(stand: MatrixStand, ways: Ways, lane: Lane, cell: Cell): Promise<readonly string[]> {
  const { operation, expected } = cell;
  const { actor } = lane;
  if (expected === 'done') return missing(stand, operation, actor, lane, await ways[operation](actor, lane));
  const before = await stand.settled(actor, lane, operation);
  const attempt = await ways[operation](actor, lane);
  const code = expected === 'no way' ? NO_WAY[cell.door] : expected;
  const faults: string[] = [];
  if (attempt.code !== code) faults.push(`${code} is expected and not ${attempt.code ?? 'done'}: ${attempt.text}`);
  else if (expected !== 'no way' && !isReasoned(cell, actor, attempt)) faults.push(`it is refused as: ${attempt.text}`);
  const after = await stand.standing(actor, lane, operation);
  if (before !== after) faults.push(`it was refused and changed something: ${before} became ${after}`);
  if (expected === 'no way') return faults;
  const control = await missing(stand, operation, CHIEF, lane, await ways[operation](CHIEF, lane));
  return [...faults, ...control.map((fault) => `the refusal may have another cause: ${fault}`)];
}
