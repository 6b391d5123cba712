import type { Terminal } from './terminal.ts';

/** Colours a text, or leaves it as it is. */
export type Paint = (text: string) => string;

/** What is painted how; plain where nobody sees colours or nobody wants them. */
export interface Paints {
  readonly bold: Paint;
  readonly dim: Paint;
  /** What is late or failed. */
  readonly red: Paint;
  /** What waits for people. */
  readonly yellow: Paint;
}

const plain: Paint = (text) => text;

function coded(on: number, off: number): Paint {
  return (text) => `\u001b[${on}m${text}\u001b[${off}m`;
}

/**
 * Colours of a terminal.
 *
 * @source no-color.org: NO_COLOR with any value that is not empty takes all colours away
 */
export function paintsOf({ screen, environment }: Pick<Terminal, 'screen' | 'environment'>): Paints {
  const { NO_COLOR, TERM } = environment;
  if (!screen || NO_COLOR || TERM === 'dumb') return { bold: plain, dim: plain, red: plain, yellow: plain };
  return { bold: coded(1, 22), dim: coded(2, 22), red: coded(31, 39), yellow: coded(33, 39) };
}
