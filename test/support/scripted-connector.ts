import type { ApplyContext, ApplyTarget, Connector } from '../../activities/port.ts';
import type { EffectClass, Outcome } from '../../contracts/effects.ts';

/** A connector whose answers a test writes, with a record of every call. */
export interface ScriptedConnector extends Connector {
  /** Targets of every call of `apply`, in order. */
  readonly calls: (readonly ApplyTarget[])[];
  /** How often each subject was sent. */
  sent(subject: string): number;
}

/**
 * Makes a scripted connector.
 *
 * @param effect - its class.
 * @param answer - outcome of one target; without it `accepted`. It may throw: then nothing was sent.
 * @param changes - other traits, batch shape or `check`.
 */
export function scriptedConnector(
  effect: EffectClass,
  answer: (target: ApplyTarget, context: ApplyContext) => Partial<Outcome> | Promise<Partial<Outcome>> = () => ({}),
  changes: Partial<Connector> = {},
): ScriptedConnector {
  const calls: (readonly ApplyTarget[])[] = [];
  return {
    name: 'scripted',
    effect,
    checks: changes.check !== undefined,
    notifiesOwner: false,
    reversible: false,
    needsRawValue: false,
    effectDelayMaxMs: 0,
    endsSessions: false,
    longestRequestMs: 1_000,
    batch: { max: 10, concurrency: 2 },
    ...changes,
    calls,
    sent: (subject) => calls.flat().filter((target) => target.row.subject === subject).length,
    apply: async (targets, context) => {
      calls.push(targets);
      return Promise.all(
        targets.map(async (target) => ({
          subject: target.row.subject,
          state: 'accepted' as const,
          receipt: {},
          ...(await answer(target, context)),
        })),
      );
    },
  };
}
