import { limitBucket, type IncidentId } from '../../contracts/ids.ts';
import type { EngineActivities } from '../../contracts/engine-activities.ts';
import type { CallContext } from '../../contracts/effects.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';
import type { JournalHead } from '../../contracts/journal.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { ObligationInput, ObligationStatus } from '../../contracts/messages.ts';
import type { Ledger } from '../../ledger/ports.ts';
import { beating, currentAttempt } from '../effects/attempt.ts';
import { evenRate } from '../effects/token-purse.ts';
import { nodeOf, pageWords } from './page-words.ts';
import { inventoryKey, recordInventory, takeInventory } from '../../ledger/bundle/inventory.ts';
import { openGate, type GatedAction } from './gate.ts';
import { setPermit, type ProofDeps } from './prove-permit.ts';

const LAST: ReadonlySet<string> = new Set(['closed', 'stopped', 'end']); // reasons of anchors after which little happens
const VOUCH_WITHIN_MS = 15_000; // of the 30 s that an activity of the engine has

/** Where a journal head is sent so that nobody can rewrite the chain unseen: a mailbox, a file on another machine. */
export type Anchor = (incident: IncidentId, head: JournalHead, reason: string) => Promise<void>;

/** What the engine's own activities are built from; the composition root fills it. */
export interface EngineDeps extends Pick<ProofDeps, 'doors' | 'personKey'> {
  readonly ledger: Ledger;
  /** Traits and preview of an action. */
  gated(action: string): GatedAction;
  /** Tells staff, by person id; returns those reached. @throws PEOPLE_PAGE_FAILED when nobody was: try again. */
  tell(call: CallContext, people: readonly string[], text: string, level: number): Promise<readonly string[]>;
  /** Redraws the status card; never throws. */
  card(call: CallContext, summary: JsonObject): Promise<void>;
  /** Duties and clocks that the facts trigger. */
  assess(
    incident: IncidentId,
    facts: JsonObject,
    openedAt: string,
  ): Promise<{ readonly obligations: readonly ObligationStatus[]; readonly clocks: readonly ObligationInput[] }>;
  readonly anchors: readonly Anchor[];
}

/**
 * Builds the activities that the engine needs for its own sake.
 *
 * @idempotency every one may be repeated: records by key, permits and states by value, gates by digest, anchors by head.
 */
export function createEngineActivities(deps: EngineDeps): EngineActivities {
  const { ledger } = deps;
  return {
    'engine.record': ({ incident, journal }) => ledger.journal.append(incident, journal),
    // A preview looks at every target: those of a million take more than a minute.
    'engine.openGate': (opening) =>
      beating(currentAttempt(), async () => ({
        ...(await openGate(opening, deps.gated(opening.plan.uses), ledger)),
        ...(opening.dataset && opening.countKinds
          ? { ofKinds: await countKinds(ledger, opening.incident, opening.dataset, opening.countKinds) }
          : {}),
      })),
    'engine.setPermit': (call) => setPermit(call, { ...deps, now: () => new Date().toISOString() }),
    'engine.setLimit': ({ incident, action, max }) => ledger.effects.setLimit(incident, action, max),
    'engine.askRate': ({ incident, action, perMinute }) =>
      ledger.effects.askRate(limitBucket(incident, action), perMinute === 0 ? undefined : evenRate(perMinute)),
    'engine.reopen': ({ incident, step, states }) => ledger.effects.reopenStep(incident, step, states),
    'engine.setState': async ({ incident, state, anchor }) => {
      await ledger.incidents.setState(incident, state);
      return anchor === undefined ? undefined : sendHead(deps, incident, anchor);
    },
    'engine.page': async (call) => {
      const words = await wordsOf(ledger, call);
      return { reached: await deps.tell(call, call.people, words, call.level) };
    },
    'engine.assess': async (call) => {
      const assessed = await deps.assess(call.incident, call.facts, call.openedAt);
      await ledger.duties.putObligations(call.incident, assessed.obligations);
      return assessed;
    },
    'engine.anchor': ({ incident, reason }) => sendHead(deps, incident, reason),
    'engine.card': (call) => deps.card(call, call.summary),
  };
}

/** What a page says; the bare text where the plan cannot be read: a page must not wait for that. */
async function wordsOf({ documents }: Ledger, call: Parameters<EngineActivities['engine.page']>[0]): Promise<string> {
  try {
    const node = nodeOf((await documents.getPlan(call.planHash))?.plan.steps ?? [], call.step);
    const hashes = node?.uses === 'manual' ? Object.values(node.texts) : [];
    return pageWords(call, node, await Promise.all(hashes.map((hash) => documents.text(hash))));
  } catch {
    return pageWords(call, undefined);
  }
}

/** Sends the head of a journal out of the house. @returns that head. */
async function sendHead({ ledger, anchors }: EngineDeps, incident: IncidentId, reason: string): Promise<JournalHead> {
  const vouched = LAST.has(reason) ? await vouch(ledger, incident, reason) : undefined;
  const head = vouched ?? (await ledger.journal.append(incident, []));
  await Promise.all(anchors.map((anchor) => anchor(incident, head, reason)));
  return head;
}

/**
 * Has the journal say by digest what was done, before its head leaves the house. Where that takes too long it is left to the
 * export: an incident ends all the same.
 *
 * @returns the head afterwards; `undefined` where it took too long.
 */
async function vouch(ledger: Ledger, incident: IncidentId, reason: string): Promise<JournalHead | undefined> {
  const signal = AbortSignal.timeout(VOUCH_WITHIN_MS);
  const inventory = await takeInventory(ledger, incident, { signal }).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  return inventory && recordInventory(ledger, incident, inventoryKey(reason, inventory), inventory);
}

/** How many targets of a dataset are of one of the kinds that somebody signed for beforehand. */
async function countKinds(
  ledger: Ledger,
  incident: IncidentId,
  dataset: DatasetRef,
  kinds: readonly string[],
): Promise<number> {
  const byKind = await ledger.datasets.countBy(incident, dataset, 'kind');
  return kinds.reduce((sum, kind) => sum + (byKind[kind] ?? 0), 0);
}
