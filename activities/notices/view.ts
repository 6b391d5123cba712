import type { NoticeSecret, NoticeView } from './notice-view.ts';
import type { ActionCall, EffectState } from '../../contracts/effects.ts';
import type { DatasetRow, PersonAttributes, PersonSecret } from '../../contracts/dataset.ts';
import type { Ledger } from '../../ledger/ports.ts';

/** Issuer whose credentials we can end ourselves. */
const OWN_ISSUER = 'own';
/** Effects a statement of the ledger takes. */
const BATCH = 500;
/** Secrets that one notice lists; above it the notice says how many more there are. */
const SECRETS_SHOWN = 50;
/** Longest name of a secret that is shown; a store lets people name them as they like. */
const NAME_MAX = 80;

/** What is known of a secret: exactly one holds. */
export type Standing = 'dead' | 'alive' | 'unknown' | 'yours';

/** Our site, as notices name it. */
export type Site = NoticeView['site'];

/** What the ledger says of the secrets of some readers, read in one go. */
export interface SecretStates {
  standingOf(secret: PersonSecret): Standing;
  isRotated(secret: PersonSecret): boolean;
  /** Reads anew what may have changed for these rows; a secret that was seen dead stays dead. */
  refresh(rows: readonly DatasetRow[]): Promise<void>;
}

/** Reads what became of every secret of the rows; in batches, not one by one. */
export async function readSecretStates(
  ledger: Ledger,
  incident: ActionCall['incident'],
  rows: readonly DatasetRow[],
): Promise<SecretStates> {
  const [revoked, rotated] = [new Map<string, EffectState>(), new Map<string, EffectState>()];
  const refresh = async (some: readonly DatasetRow[]): Promise<void> => {
    const all = new Set(some.flatMap((row) => secretsOf(row).map(({ subject }) => subject)));
    const subjects = [...all].filter((subject) => revoked.get(subject) !== 'verified');
    if (subjects.length === 0) return;
    const [newRevoked, newRotated] = await Promise.all([
      statesOf(ledger, incident, 'credentials.revoke', subjects),
      statesOf(ledger, incident, 'credentials.handover', subjects),
    ]);
    for (const [subject, state] of newRevoked) revoked.set(subject, state);
    for (const [subject, state] of newRotated) rotated.set(subject, state);
  };
  await refresh(rows);
  return {
    standingOf: ({ subject, issuer }) => standing(revoked.get(subject), issuer),
    isRotated: ({ subject }) => ['accepted', 'verified'].includes(rotated.get(subject) ?? 'planned'),
    refresh,
  };
}

/** Present states of an action by subject; subjects without an effect are absent. */
export async function statesOf(
  ledger: Ledger,
  incident: ActionCall['incident'],
  action: string,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, EffectState>> {
  const batches = Array.from({ length: Math.ceil(subjects.length / BATCH) }, (_, index) =>
    ledger.effects.states(incident, action, subjects.slice(index * BATCH, (index + 1) * BATCH)),
  );
  return new Map((await Promise.all(batches)).flat().map(({ subject, state }) => [subject, state]));
}

/** Only a look that saw it dead makes a secret dead; accepted is not yet proven, and a foreign one is its owner's to revoke. */
function standing(state: EffectState | undefined, issuer: string): Standing {
  if (state === 'verified') return 'dead';
  if (issuer !== OWN_ISSUER) return 'yours';
  return state === 'accepted' || state === 'unknown' ? 'unknown' : 'alive';
}

/** Secrets of a row of kind `people`. */
export function secretsOf(row: DatasetRow): readonly PersonSecret[] {
  return (row.attributes as Partial<PersonAttributes>).secrets ?? [];
}

/**
 * What one reader's text is filled with.
 *
 * @param secrets - those the notice is about: all of the reader, or in a follow-up only what is new.
 * @param name - name of the reader; blank in samples.
 */
export function viewOf(
  row: DatasetRow,
  given: {
    readonly incident: ActionCall['incident'];
    /** As {@link factsView} shows them. */
    readonly facts: NoticeView['facts'];
    readonly site: Site;
    readonly states: SecretStates;
    readonly secrets: readonly PersonSecret[];
    readonly followUp: boolean;
    readonly name: string;
  },
): NoticeView {
  const { incident, facts, site, secrets, states } = given;
  const { relation, admin, people } = row.attributes as PersonAttributes;
  const standings = new Set(secrets.map((secret) => states.standingOf(secret)));
  return {
    incident: { id: incident },
    site,
    item: {
      name: shown(given.name) || null,
      followUp: when(given.followUp),
      admin: when(admin === true),
      controller: when(relation === 'controller'),
      secrets: secrets.slice(0, SECRETS_SHOWN).map((secret) => secretView(secret, states)),
      more: Math.max(0, secrets.length - SECRETS_SHOWN) || null,
      total: secrets.length,
      people: people ?? null,
      anyDead: when(standings.has('dead')),
      anyAlive: when(standings.has('alive')),
      anyUnknown: when(standings.has('unknown')),
      anyForeign: when(standings.has('yours')),
      anyOwn: when(secrets.some(({ issuer }) => issuer === OWN_ISSUER)),
    },
    facts,
  };
}

function secretView(secret: PersonSecret, states: SecretStates): NoticeSecret {
  const standing = states.standingOf(secret);
  return {
    name: shown(secret.name) || null,
    hint: secret.hint,
    kind: shown(secret.kind),
    issuer: secret.issuer === OWN_ISSUER ? null : shown(secret.issuer),
    dead: when(standing === 'dead'),
    alive: when(standing === 'alive'),
    unknown: when(standing === 'unknown'),
    yours: when(standing === 'yours'),
    rotated: when(states.isRotated(secret)),
  };
}

/** Templates ask for presence: what does not hold is not there. */
function when(holds: boolean): true | null {
  return holds ? true : null;
}

/**
 * Letters, digits and a few marks: what somebody named a secret must not become a link, a line or a sentence of ours. A dot
 * before a letter is printed as one that mail programs make no link of.
 */
function shown(text: string): string {
  if (/^[A-Za-z0-9_ -]*$/.test(text)) return text.trim().slice(0, NAME_MAX);
  return text
    .replace(/[^\p{L}\p{N} _.,'/-]/gu, ' ')
    .replace(/\.(?=\p{L})/gu, '\u2024')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, NAME_MAX);
}
