/** The five places at which a crash must leave the invariants true. */
export type CutPoint = 'before-claim' | 'after-claim' | 'request-sent' | 'answer-read' | 'settled-not-reported';

let passes = 0;

/**
 * Kills this process with SIGKILL when a crash test armed this point; otherwise does nothing.
 *
 * Armed by `FIREBREAK_TEST_CUT=<point>` or `<point>:<n>` (the n-th pass of that point, from 1), and only while
 * `NODE_ENV=test`, so that a stray variable cannot stop a production worker.
 */
export function cutPoint(point: CutPoint): void {
  if (process.env['NODE_ENV'] !== 'test') return;
  const [armed, pass = '1'] = (process.env['FIREBREAK_TEST_CUT'] ?? '').split(':');
  if (armed !== point) return;
  passes += 1;
  if (passes >= Number(pass)) process.kill(process.pid, 'SIGKILL');
}
