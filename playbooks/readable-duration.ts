import { durationMs } from '../contracts/duration.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `2 h`, `15 min`: the largest unit that leaves a whole number. */
export function readableDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, length]) => ms >= length && ms % length === 0) ?? ['ms', 1];
  return `${ms / size} ${unit}`;
}

/** An ISO 8601 duration as people say it. @throws DURATION_INVALID */
export function readableIso(duration: string): string {
  return readableDuration(durationMs(duration));
}
