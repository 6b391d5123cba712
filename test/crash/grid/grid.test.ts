import assert from 'node:assert/strict';
import { acts, effectfulActions } from './acts.ts';
import { cutPoints } from '../cell.ts';
import { runCell, type Cell, type CellVerdict } from './run-cell.ts';
import { Slots } from './slots.ts';
import { startGridStack, type GridStack } from './stack.ts';

/** Cells at a time; fewer on a machine that has other things to do. */
const AT_ONCE = Number(process.env['FIREBREAK_CELLS_AT_ONCE'] ?? 8);
const SIGNALS = ['SIGKILL', 'SIGSTOP'] as const;

const grid: readonly Cell[] = acts.flatMap((act) =>
  cutPoints.flatMap((point) => SIGNALS.map((signal): Cell => ({ act, point, signal }))),
);

/**
 * In CI every act dies at every point, and every act is killed and stopped: the two take turns from point to point. Whoever
 * calls `npm run test:crash` gets both at each.
 */
const isHalf = process.env['CI'] === 'true' && process.env['FIREBREAK_CRASH_ALL'] !== '1';
const isDrawn = ({ act, point, signal }: Cell): boolean =>
  !isHalf || (acts.indexOf(act) + cutPoints.indexOf(point)) % SIGNALS.length === SIGNALS.indexOf(signal);

/** What a cell is called. `FIREBREAK_CELLS=<regular expression>` runs those alone whose names match. */
function nameOf({ act, point, signal }: Cell): string {
  const what = act.variant === undefined ? act.action : `${act.action} (${act.variant})`;
  return `${what}, ${signal === 'SIGKILL' ? 'killed' : 'stopped and continued'} at ${point}`;
}

describe('the grid', function () {
  this.timeout(600_000); // a cell waits for its turn
  let stack: GridStack;
  let slots: Slots;
  const verdicts = new Map<Cell, Promise<CellVerdict>>();
  const named = new RegExp(process.env['FIREBREAK_CELLS'] ?? '');
  const wanted = grid.filter((cell) => isDrawn(cell) && named.test(nameOf(cell)));
  const recoveries: number[] = [];

  before(async () => {
    const namespaces = Array.from({ length: Math.min(AT_ONCE, wanted.length) }, (_, index) => `grid-${index}`);
    stack = await startGridStack({ namespaces });
    slots = new Slots(stack, namespaces);
    for (const cell of wanted) {
      const verdict = slots.use((slot) => runCell(stack, slot, cell));
      verdict.catch((error: unknown) => console.log(`      ${nameOf(cell)}: ${String(error)}`)); // at once, its own test comes later
      verdicts.set(cell, verdict);
    }
  });

  after(async () => {
    const sorted = recoveries.sort((left, right) => left - right);
    const at = (share: number): string =>
      `${((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) / 1_000).toFixed(1)} s`;
    console.log(`      ${sorted.length} cells; from hit to the incident's end: median ${at(0.5)}, longest ${at(1)}`);
    await slots.close();
    await stack.close();
  });

  it('has an act for every effectful action of the catalogue', () => {
    assert.deepEqual([...new Set(acts.map(({ action }) => action))].sort(), [...effectfulActions].sort());
    assert.ok(grid.filter(isDrawn).length >= 80, `${grid.filter(isDrawn).length} cells`);
  });

  for (const cell of wanted) {
    it(nameOf(cell), async () => {
      const { broken, recoveryMs } = await verdicts.get(cell)!;
      recoveries.push(recoveryMs);
      assert.deepEqual(broken, []);
    });
  }
});
