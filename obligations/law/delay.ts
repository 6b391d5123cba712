import type { DelayGrant } from './facts.ts';
import type { DelayRule } from './record.ts';

const DAY_MS = 86_400_000;

/** Where a delay stands. */
export type DelayState = 'requested' | 'refused' | 'granted' | 'extended' | 'residual' | 'over';

/** What a delay does to a due time. */
export interface Delayed {
  readonly state: DelayState;
  /** When the duty is due; absent: suspended, and nobody said until when. */
  readonly dueMs?: number;
  /** When the delay ends, or ended; absent: open. */
  readonly endsMs?: number;
  /** People must not be told now. */
  readonly isForbidden: boolean;
  readonly says: string;
}

/** What the state machine needs beside the grant. */
export interface DelayInput {
  readonly rule: DelayRule | undefined;
  readonly grant: DelayGrant;
  readonly dueMs: number | undefined;
  /** Now; absent: judged as if the delay still ran unless it was lifted. */
  readonly atMs: number | undefined;
  /** The end of the residual window that begins when the delay ends. */
  readonly residual: (endsMs: number) => number;
}

/**
 * The state machine of a delay for law enforcement: requested, granted, extended, ended (lifted or lapsed), residual window,
 * over. Asking stops no clock; a delay that the law does not know, in another form, or granted too late, is refused.
 *
 * @source 17 CFR 229.106 (Item 1.05(c) of Form 8-K) and its like
 */
export function delayed({ rule, grant, dueMs, atMs, residual }: DelayInput): Delayed {
  const still = (state: DelayState, says: string): Delayed => ({
    ...{ state, says, isForbidden: false },
    ...(dueMs === undefined ? {} : { dueMs }),
  });
  if (!rule) return still('refused', 'the law allows no delay of this duty');
  if (!rule.forms.includes(grant.form))
    return still('refused', `a delay takes the form ${rule.forms.join(' or ')}, not ${grant.form}`);
  if (grant.grantedAt === undefined) return still('requested', 'a request for delay stops no clock');
  if (rule.beforeDue === true && dueMs !== undefined && grant.grantedAt >= dueMs)
    return still('refused', 'the delay was granted after the duty was due');
  const [lapsesMs, isExtended] = lapse(rule, grant, grant.grantedAt);
  const endsMs = grant.liftedAt === undefined ? lapsesMs : Math.min(grant.liftedAt, lapsesMs ?? Infinity);
  const prohibits = rule.effect === 'prohibits';
  const running = isExtended ? 'extended' : 'granted';
  if (endsMs === undefined)
    return { state: running, isForbidden: prohibits, says: `${running} by ${grant.by} until it is lifted` };
  const hasEnded = atMs === undefined ? grant.liftedAt !== undefined : atMs >= endsMs;
  const lateMs = Math.max(dueMs ?? -Infinity, residual(endsMs));
  const state = !hasEnded ? running : atMs !== undefined && atMs > lateMs ? 'over' : 'residual';
  return {
    ...{ state, dueMs: lateMs, endsMs, isForbidden: prohibits && !hasEnded },
    says: `${state === running ? running : 'ended'} by ${grant.by}`,
  };
}

/** When a delay lapses by itself, and whether an extension counts. */
function lapse(rule: DelayRule, grant: DelayGrant, grantedAt: number): readonly [number | undefined, boolean] {
  const cap = rule.initialMaxDays === undefined ? undefined : grantedAt + rule.initialMaxDays * DAY_MS;
  const first = earliest(grant.until, cap);
  let until = first;
  for (const extension of grant.extensions) {
    if (until === undefined || extension.grantedAt > until || extension.until <= until) continue;
    const extensionCap = rule.extensionMaxDays === undefined ? undefined : until + rule.extensionMaxDays * DAY_MS;
    until = earliest(extension.until, extensionCap);
  }
  return [until, until !== first];
}

function earliest(...instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
