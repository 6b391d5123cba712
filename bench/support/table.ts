import type { Finding } from './benchmark.ts';

const WIDTH = 58; // of what was measured

/** Findings as lines that a person reads: what, figure, what must be reached and whether it was. */
export function tableOf(findings: readonly Finding[]): string {
  return findings
    .map(({ what, figure, must, isReached }) => {
      const judged = must === undefined ? '' : `${must.padEnd(18)} ${isReached === true ? 'reached' : 'MISSED'}`;
      return `  ${what.padEnd(WIDTH)} ${figure.padEnd(22)} ${judged}`.trimEnd();
    })
    .join('\n');
}
