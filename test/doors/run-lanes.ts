import type { Ways } from './attempts.ts';
import { judge } from './judge.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import { actorOf, type Lane, type LaneSketch, type MatrixStand } from './matrix-stand.ts';
import { WITHOUT_INCIDENT, type Cell, type Door, type MatrixOperation } from './matrix.ts';

const LANES_AT_ONCE = 6;

/** Every act finds what it needs: nothing is steered before it runs, nothing goes on before it is stopped. */
const ORDER: readonly MatrixOperation[] = [
  ...(['read', 'fact', 'resolve', 'hold', 'export', 'decode', 'bounce', 'reconcile', 'audit'] as const),
  ...(['undo', 'amend', 'decide', 'pause', 'steer', 'stop', 'resume', 'start'] as const),
];

/** What came of each cell, by {@link cellName}. */
export type Verdicts = ReadonlyMap<string, readonly string[]>;

/** A cell in words. */
export function cellName({ kind, role, door, operation, whose, expected }: Cell): string {
  const about = whose === 'none' ? '' : ` in ${whose === 'own' ? 'an incident of their own' : "another's incident"}`;
  return `${door}: ${kind} ${role}, ${operation}${about}: ${expected}`;
}

function laneOf({ kind, role, door, whose }: Cell): LaneSketch {
  return { kind, role, door, whose: whose === 'own' ? 'own' : 'other' }; // what concerns no incident goes with the other's
}

/** Does something with every entry, some at a time. */
async function some<Entry>(entries: readonly Entry[], work: (entry: Entry) => Promise<void>): Promise<void> {
  const left = [...entries];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: LANES_AT_ONCE }, worker));
}

async function judged(stand: MatrixStand, ways: Ways, lane: Lane, cell: Cell): Promise<readonly string[]> {
  try {
    return await judge(stand, ways, lane, cell);
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

/** Asserts every cell, each lane in an incident of its own, which ends with it: few run at a time. */
export async function runLanes(
  stand: MatrixStand,
  ways: Readonly<Record<Door, Ways>>,
  cells: readonly Cell[],
): Promise<Verdicts> {
  const sketches = new Map(cells.map((cell) => [JSON.stringify(laneOf(cell)), laneOf(cell)]));
  const verdicts = new Map<string, readonly string[]>();
  let turn = Promise.resolve(); // what is counted over all lanes is done one after the other, the start of a lane among it
  const inTurn = async (work: () => Promise<void>): Promise<void> => {
    turn = turn.then(work);
    await turn;
  };
  await some([...sketches], async ([name, sketch]) => {
    let incident: IncidentId | undefined;
    await inTurn(async () => {
      incident = await stand.begin(sketch);
    });
    const actor = actorOf(sketch.kind, sketch.role);
    const lane: Lane = { ...sketch, actor, incident: incident!, gate: await stand.ready(incident!) };
    const mine = cells.filter((cell) => JSON.stringify(laneOf(cell)) === name);
    const inOrder = ORDER.flatMap((operation) => mine.filter((cell) => cell.operation === operation));
    for (const cell of inOrder) {
      const work = async (): Promise<void> => {
        verdicts.set(cellName(cell), await judged(stand, ways[cell.door], lane, cell));
      };
      await (WITHOUT_INCIDENT.includes(cell.operation) ? inTurn(work) : work());
    }
    await stand.end(lane.incident);
  });
  return verdicts;
}
