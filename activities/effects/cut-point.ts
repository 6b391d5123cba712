/** The five places at which a crash must leave the invariants true. */
export type CutPoint = 'before-claim' | 'after-claim' | 'request-sent' | 'answer-read' | 'settled-not-reported';

let armedBy = '';
let passes = 0;

/**
 * Stops this process for good when a crash test armed this point; otherwise does nothing.
 *
 * Armed by `FIREBREAK_TEST_CUT=<point>[:<pass>[:<signal>[:<name>]]]`: the pass counts from 1, anew for each text; the signal is
 * `SIGKILL` or `SIGSTOP` (an attempt that comes back from the dead); a name tells apart one arming from the next. Only while `NODE_ENV=test`, so that a stray variable cannot stop a
 * production worker.
 */
export function cutPoint(point: CutPoint): void {
  if (process.env['NODE_ENV'] !== 'test') return;
  const arming = process.env['FIREBREAK_TEST_CUT'] ?? '';
  const [armed, pass = '1', signal] = arming.split(':');
  if (armed !== point) return;
  if (arming !== armedBy) [armedBy, passes] = [arming, 0];
  passes += 1;
  if (passes === Number(pass)) process.kill(process.pid, signal === 'SIGSTOP' ? 'SIGSTOP' : 'SIGKILL');
}
