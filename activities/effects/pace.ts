import { limitBucket } from '../../contracts/ids.ts';
import { TokenPurse, rateOf } from './token-purse.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { PageCall } from '../../contracts/effects.ts';
import type { PlanLimit } from '../../contracts/plan.ts';

const MINUTE_S = 60;
const HOUR_S = 3_600;

/** How fast an action may act in its incident: the plan's `perMinute` and `perHour`, and what people ask for meanwhile. */
export class Pace {
  readonly #purses: readonly TokenPurse[];

  private constructor(purses: readonly TokenPurse[]) {
    this.#purses = purses;
  }

  /** The pace of a page's action, by the limits of its plan. */
  static async of({ incident, planHash, uses }: PageCall, { documents, effects }: Ledger): Promise<Pace> {
    const limit: PlanLimit = (await documents.getPlan(planHash))?.plan.limits[uses] ?? {};
    const minute = limit.perMinute === undefined ? undefined : rateOf(limit.perMinute, MINUTE_S);
    const hour = limit.perHour === undefined ? undefined : rateOf(limit.perHour, HOUR_S);
    const bucket = limitBucket(incident, uses);
    const first = new TokenPurse(effects, bucket, minute ?? hour);
    return new Pace(minute && hour ? [first, new TokenPurse(effects, `${bucket}:hour`, hour)] : [first]);
  }

  /** Takes up to `wanted` tokens of each bucket. @returns at least one; or none, with the milliseconds to wait. */
  async takeUpTo(wanted: number): Promise<{ readonly granted: number; readonly waitMs: number }> {
    let granted = wanted;
    const taken: { readonly purse: TokenPurse; readonly granted: number }[] = [];
    for (const purse of this.#purses) {
      const took = await purse.takeUpTo(granted);
      taken.push({ purse, granted: took.granted });
      granted = took.granted;
      if (granted === 0) {
        for (const earlier of taken) earlier.purse.giveBack(earlier.granted);
        return took;
      }
    }
    for (const one of taken) one.purse.giveBack(one.granted - granted);
    return { granted, waitMs: 0 };
  }
}
