import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../contracts/json.ts';
import { permitId, type Digest } from '../../contracts/ids.ts';
import type { ActionCall, ConnectorTraits } from '../../contracts/effects.ts';
import type { GateOpened, GateOpening } from '../../contracts/engine-activities.ts';
import { givenNote, shownAsGiven } from './gate-text.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { GatePreview } from '../port.ts';

/** What a gate needs to know about the action behind it. */
export interface GatedAction {
  readonly traits: ConnectorTraits | undefined;
  readonly preview: GatePreview | undefined;
}

function asCall(opening: GateOpening): ActionCall {
  const { incident, mode, planHash, step, visit, round, facts, plan } = opening;
  return {
    incident,
    mode,
    planHash,
    step,
    visit,
    round,
    journal: [],
    uses: plan.uses,
    with: opening.with,
    texts: plan.texts,
    facts,
    roles: {},
  };
}

/** Actions that end credentials: only of these it matters who tells the owner and what sessions do. */
const ENDING_CREDENTIALS: ReadonlySet<string> = new Set([
  'credentials.revoke',
  'credentials.disable',
  'credentials.rotate',
]);

function notesOn(uses: string, traits: ConnectorTraits | undefined): readonly string[] {
  if (!traits) return [];
  const endsCredentials = ENDING_CREDENTIALS.has(uses);
  return [
    traits.reversible ? 'It can be taken back.' : 'It cannot be taken back.',
    ...(endsCredentials && traits.notifiesOwner ? ['The provider itself tells the owner.'] : []),
    ...(!endsCredentials || traits.endsSessions ? [] : ['Open sessions do not end with it.']),
    ...(traits.effectDelayMaxMs > 0
      ? [`It may take up to ${Math.ceil(traits.effectDelayMaxMs / 1000)} s to show.`]
      : []),
  ];
}

/** What a connector declares of itself; the object may hold more, and functions. */
function declared(traits: ConnectorTraits): JsonObject {
  const { name, effect, checks, notifiesOwner, reversible, needsRawValue, effectDelayMaxMs, endsSessions } = traits;
  return { name, effect, checks, notifiesOwner, reversible, needsRawValue, effectDelayMaxMs, endsSessions };
}

/**
 * Computes the digest that binds a decision to exactly what it lets through.
 *
 * Covered: incident, plan, step and visit, mode, the evaluated `with`, the dataset's root and count, every text of every
 * locale, the facts the step reads, and what is known of the connector. Anything else changing does not void a decision;
 * any of these does.
 */
export function gateDigest(opening: GateOpening, traits: ConnectorTraits | undefined): Digest {
  const covered = {
    incident: opening.incident,
    planHash: opening.planHash,
    step: opening.step,
    visit: opening.visit,
    mode: opening.mode,
    uses: opening.plan.uses,
    with: opening.with,
    dataset: opening.dataset ? { digest: opening.dataset.digest, count: opening.dataset.count } : null,
    texts: opening.plan.texts,
    facts: opening.facts,
    connector: traits ? declared(traits) : null,
  };
  return createHash('sha256').update(canonicalJson(covered)).digest('hex') as Digest;
}

/**
 * Computes what a gate shows (a preview of the action's own, else what it is given and its texts) and the digest that
 * binds it, and holds the step's permit under that digest.
 *
 * @idempotency the same opening gives the same digest and the same permit row.
 * @effect none outside; in mode `preview` not even the permit is written.
 */
export async function openGate(
  opening: GateOpening,
  action: GatedAction,
  { effects, documents }: Pick<Ledger, 'effects' | 'documents'>,
): Promise<GateOpened> {
  const digest = gateDigest(opening, action.traits);
  const shown = action.preview
    ? await action.preview({ ...asCall(opening), ...(opening.dataset ? { dataset: opening.dataset } : {}) })
    : { variants: [], notes: [] };
  const isShown = shown.variants.length > 0;
  if (opening.mode !== 'preview') {
    const { incident, step, visit, turn } = opening;
    await effects.setPermit(permitId(incident, step, visit), incident, 'held', digest, turn);
  }
  return {
    digest,
    targets: opening.dataset?.count ?? 1,
    ...(action.traits ? { connector: action.traits.name } : {}),
    variants: isShown ? shown.variants : await shownAsGiven(opening, documents),
    notes: [...notesOn(opening.plan.uses, action.traits), ...shown.notes, ...(isShown ? givenNote(opening.with) : [])],
  };
}
