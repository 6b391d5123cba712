import type { EffectCounts } from '../../contracts/effects.ts';

/** What an acting action did, in words that its counts carry. */
const SENTENCES: Readonly<Record<string, (counts: Required<Pick<Counts, 'done' | 'verified'>>) => string>> = {
  'credentials.revoke': ({ done, verified }) =>
    `${done} exposed credentials were revoked; ${verified} of them were since verified dead by an independent check.`,
  'credentials.disable': ({ done, verified }) => `${done} credentials were disabled; ${verified} of them verified.`,
  'sessions.end': ({ done }) => `${done} requests to end sessions opened with them were accepted.`,
  'notices.send': ({ done }) => `${done} notices to people and customers were accepted for delivery.`,
};

interface Counts {
  readonly done: number;
  readonly verified: number;
}

/**
 * Sentences on measures taken, one an action that did something; each says no more than the ledger shows.
 *
 * @param effects - counts by action.
 * @returns no sentence for an action that did nothing.
 */
export function measuresTaken(effects: Readonly<Record<string, EffectCounts>>): readonly string[] {
  return Object.entries(SENTENCES).flatMap(([action, sentence]) => {
    const counts = effects[action] ?? {};
    const verified = counts.verified ?? 0;
    const done = (counts.accepted ?? 0) + verified;
    return done > 0 ? [sentence({ done, verified })] : [];
  });
}
