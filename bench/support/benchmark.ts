import type { JsonObject } from '../../contracts/json.ts';
import type { Stand } from './stand.ts';

/** `quick`: all of them within a minute. `full`: the sizes that the promises name. */
export type Size = 'quick' | 'full';

/** One line of what was found, for people. */
export interface Finding {
  readonly what: string;
  /** Figure with its unit. */
  readonly figure: string;
  /** What must be reached, where something must; `isReached` says whether it was. */
  readonly must?: string;
  readonly isReached?: boolean;
}

/** What a benchmark found. */
export interface Findings {
  /** Stands under the benchmark's name in the JSON; names and units are a contract. */
  readonly figures: JsonObject;
  readonly findings: readonly Finding[];
}

/** One file, one question. */
export interface Benchmark {
  readonly name: string;
  /** One line that ends in a question mark. */
  readonly question: string;
  run(stand: Stand, size: Size): Promise<Findings>;
}

/** A finding that must reach a figure from below. */
export function atLeast(what: string, value: number, must: number, unit = ''): Finding {
  return { what, figure: `${shown(value)}${unit}`, must: `at least ${must}${unit}`, isReached: value >= must };
}

/** A finding that must stay below a figure. */
export function atMost(what: string, value: number, must: number, unit = ''): Finding {
  return { what, figure: `${shown(value)}${unit}`, must: `at most ${must}${unit}`, isReached: value <= must };
}

/** A finding that is only told. */
export function told(what: string, value: number, unit = ''): Finding {
  return { what, figure: `${shown(value)}${unit}` };
}

function shown(value: number): string {
  return value >= 1_000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
