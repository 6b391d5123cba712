import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../contracts/json.ts';
import { permitId, type Digest } from '../../contracts/ids.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { ActionCall, ConnectorTraits, PageCall } from '../../contracts/effects.ts';
import type { GateOpened, GateOpening } from '../../contracts/engine-activities.ts';
import { givenNote, shownAsGiven } from './gate-text.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { GatePreview } from '../port.ts';

/** What a gate needs to know about the action behind it. */
export interface GatedAction {
  readonly traits: ConnectorTraits | undefined;
  readonly preview: GatePreview | undefined;
  /** Hash over the settings that its connectors work with, without secrets; `undefined` where there are none. */
  readonly settings?: Digest | undefined;
}

/** What of a call, or of the opening of its gate, a decision is bound to. */
export type GateCovers = Pick<
  ActionCall,
  'incident' | 'planHash' | 'step' | 'visit' | 'mode' | 'uses' | 'with' | 'texts' | 'facts'
> &
  Partial<Pick<PageCall, 'dataset'>>;

function asCall(opening: GateOpening): ActionCall & GateCovers {
  const { incident, mode, planHash, step, visit, round, facts, plan, dataset } = opening;
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
    ...(dataset ? { dataset } : {}),
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
 * locale, the facts the step reads, what is known of the connector, and its settings. Anything else changing does not void a
 * decision; any of these does.
 */
export function gateDigest(call: GateCovers, { traits, settings }: Pick<GatedAction, 'traits' | 'settings'>): Digest {
  const { incident, planHash, step, visit, mode, uses, with: given, dataset, texts, facts } = call;
  const covered = {
    ...{ incident, planHash, step, visit, mode, uses, with: given, texts, facts },
    dataset: dataset ? { digest: dataset.digest, count: dataset.count } : null,
    connector: traits ? declared(traits) : null,
    settings: settings ?? null,
  };
  return createHash('sha256').update(canonicalJson(covered)).digest('hex') as Digest;
}

/**
 * Proves at the claim that what is about to run, as this process is set up, is what people approved. An act that takes
 * another one back runs under that one's gate, and a look runs under none: neither is proven.
 *
 * @throws GATE_STALE where it is something else: the gate voids, and asks again with what is so now.
 */
export function proveGate(
  call: GateCovers & Pick<ActionCall, 'gate' | 'isUndo'>,
  action: Pick<GatedAction, 'traits' | 'settings'>,
): void {
  if (call.gate === undefined || call.isUndo === true || call.mode === 'preview') return;
  if (gateDigest(call, action) === call.gate) return;
  const what = `${call.step} would act with something else than its gate showed: targets, facts, or the settings of ${action.traits?.name ?? call.uses}`;
  throw new CodedError('GATE_STALE', what);
}

/** What a gate says of the settings that it is bound to. */
function settingsNote(settings: Digest | undefined): readonly string[] {
  return settings === undefined
    ? []
    : [`Bound to connector settings ${settings.slice(0, 12)}: with others it asks again.`];
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
  const call = asCall(opening);
  const digest = gateDigest(call, action);
  const shown = action.preview ? await action.preview(call) : { variants: [], notes: [] };
  const isShown = shown.variants.length > 0;
  const targets = opening.dataset?.count ?? 1;
  if (opening.mode !== 'preview') {
    const { incident, step, visit, turn } = opening;
    await effects.setPermit(permitId(incident, step, visit), incident, 'held', digest, turn, { targets });
  }
  return {
    digest,
    targets,
    ...(action.traits ? { connector: action.traits.name } : {}),
    variants: isShown ? shown.variants : await shownAsGiven(opening, documents),
    notes: [
      ...notesOn(opening.plan.uses, action.traits),
      ...settingsNote(action.settings),
      ...shown.notes,
      ...(isShown ? givenNote(opening.with) : []),
    ],
  };
}
