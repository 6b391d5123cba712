/** The value in the middle; of an even number the upper of the two. @throws RangeError for no values */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/**
 * The value that a share of all values does not exceed, by nearest rank.
 *
 * @param share - from 0 (the least) to 1 (the greatest).
 * @throws RangeError for no values, or a share outside of 0 to 1.
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0 || !(share >= 0 && share <= 1)) throw new RangeError('a percentile needs values and a share');
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/** One figure of each contender, taken at about the same time. */
export type Pair<Name extends string> = Readonly<Record<Name, number>>;

/**
 * Measures contenders side by side: every round measures each of them once, one after the other, and the next round turns
 * the order round, so that a machine that grows slower or faster favours none.
 *
 * @param rounds - how often; the median of an odd number is one of the measured ones.
 * @param contenders - each measures itself once and gives its figure.
 */
export async function alternate<Name extends string>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Promise<number>>>,
): Promise<readonly Pair<Name>[]> {
  const names = Object.keys(contenders) as Name[];
  const measured: Pair<Name>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const pair = {} as Record<Name, number>;
    for (const name of round % 2 === 0 ? names : names.toReversed()) pair[name] = await contenders[name]();
    measured.push(pair);
  }
  return measured;
}

/** Median over the pairs of one contender's figure divided by another's. */
export function ratioOf<Name extends string>(
  pairs: readonly Pair<Name>[],
  of: NoInfer<Name>,
  to: NoInfer<Name>,
): number {
  return median(pairs.map((pair) => pair[of] / pair[to]));
}

/** Median of one contender's figures. */
export function medianOf<Name extends string>(pairs: readonly Pair<Name>[], of: NoInfer<Name>): number {
  return median(pairs.map((pair) => pair[of]));
}

/** Rounds to significant digits, for reading. @param digits - default 3. */
export function round(value: number, digits = 3): number {
  return Number(value.toPrecision(digits));
}

/** Runs something. @returns how long it took, milliseconds of the monotonic clock. */
export async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}
