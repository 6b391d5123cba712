/**
 * Who may do what through which door: written by hand and read by people, independent of the code that decides it. The test
 * beside it asserts every cell through the real doors; docs/authorization.md is printed from it.
 */

/** What can be asked of the doors. */
export const operations = [
  ...(['start', 'read', 'decide', 'fact', 'resolve', 'amend', 'undo', 'stop', 'resume', 'pause', 'steer'] as const),
  ...(['export', 'decode', 'hold', 'reconcile', 'bounce', 'audit'] as const),
];

/** One of {@link operations}. */
export type MatrixOperation = (typeof operations)[number];

/** Operations that concern no incident, so that it cannot matter whose it is. */
export const WITHOUT_INCIDENT: readonly MatrixOperation[] = ['start', 'decode', 'reconcile', 'bounce', 'audit'];

/** `+` in every incident, `o` only in live incidents that somebody else asked for, `.` nowhere. */
type Right = '+' | 'o' | '.';

const PEOPLE = `
               start read decide fact resolve amend undo stop resume pause steer export decode hold reconcile bounce audit
nobody         .     .    .      .    .       .     .    .    .      .     .     .      .      .    .         .      .
observer       .     +    .      .    .       .     .    .    .      .     .     .      .      .    .         .      .
responder      +     +    .      +    .       .     .    +    .      +     .     .      .      .    .         .      .
commander      +     +    o      +    +       +     o    +    o      +     o     +      .      .    +         .      .
privacy        .     +    o      +    +       +     .    +    .      +     .     +      .      +    .         .      .
counsel        .     +    o      +    +       +     .    +    .      +     .     +      .      +    .         .      .
comms          .     +    o      +    +       .     .    +    .      +     .     .      .      .    .         .      .
platform       .     +    o      +    +       .     .    +    .      +     .     .      .      .    .         .      .
approver       .     +    o      .    .       .     .    +    .      +     .     .      .      .    .         .      .
admin          +     +    o      +    +       +     o    +    o      +     o     +      +      .    +         +      +
postmaster     .     .    .      .    .       .     .    .    .      .     .     .      .      .    .         +      .
works-council  .     +    o      +    +       .     .    +    .      +     .     .      .      .    .         .      .
`;

const MACHINES = `
               start read decide fact resolve amend undo stop resume pause steer export decode hold reconcile bounce audit
nobody         .     .    .      .    .       .     .    .    .      .     .     .      .      .    .         .      .
observer       .     +    .      .    .       .     .    .    .      .     .     .      .      .    .         .      .
responder      +     +    .      +    .       .     .    +    .      +     .     .      .      .    .         .      .
commander      +     +    .      +    .       .     .    .    .      .     .     +      .      .    +         .      .
privacy        .     +    .      +    .       .     .    .    .      .     .     +      .      .    .         .      .
counsel        .     +    .      +    .       .     .    .    .      .     .     +      .      .    .         .      .
comms          .     +    .      +    .       .     .    .    .      .     .     .      .      .    .         .      .
platform       .     +    .      +    .       .     .    .    .      .     .     .      .      .    .         .      .
approver       .     +    .      .    .       .     .    .    .      .     .     .      .      .    .         .      .
admin          +     +    .      +    .       .     .    .    .      .     .     +      .      .    +         +      +
postmaster     .     .    .      .    .       .     .    .    .      .     .     .      .      .    .         +      .
works-council  .     +    .      +    .       .     .    .    .      .     .     .      .      .    .         .      .
`;

/** Ways through a door: `+` there is one, `.` there is none, for nobody. */
const WAYS = `
               start read decide fact resolve amend undo stop resume pause steer export decode hold reconcile bounce audit
http           +     +    +      +    +       +     +    +    +      +     +     +      +      +    +         +      +
slack          +     +    +      +    +       .     .    +    .      +     .     .      .      .    .         .      .
cli            +     +    +      +    +       +     +    +    +      +     +     +      .      +    +         .      +
`;

/** The doors; machines have no account in Slack. */
export const doors = ['http', 'slack', 'cli'] as const;

/** One of {@link doors}. */
export type Door = (typeof doors)[number];

/** Who stands at the door. */
export type Kind = 'person' | 'machine';

/** Whose incident it is about: one that the speaker asked for, another's, or none. */
export type Whose = 'own' | 'other' | 'none';

/** What comes of it: `done`, a code with which it is refused, or that the door has no way to ask for it. */
export type Expected = 'done' | 'GATEWAY_FORBIDDEN' | 'GATE_REQUESTER' | 'no way';

/** One assertion of the matrix. */
export interface Cell {
  readonly kind: Kind;
  readonly role: string;
  readonly door: Door;
  readonly operation: MatrixOperation;
  readonly whose: Whose;
  readonly expected: Expected;
}

/** One row of a table: a name, and a mark for each operation. */
export interface MatrixRow<Mark extends string = Right> {
  readonly name: string;
  readonly marks: Readonly<Record<MatrixOperation, Mark>>;
}

function rowsOf<Mark extends string>(table: string, allowed: readonly Mark[]): readonly MatrixRow<Mark>[] {
  const [head = [], ...lines] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  if (head.join() !== operations.join()) throw new Error(`the columns are ${head.join()}`);
  return lines.map(([name = '', ...cells]) => {
    const marks = operations.map((operation, index) => {
      const mark = allowed.find((one) => one === cells[index]);
      if (mark === undefined || cells.length !== operations.length)
        throw new Error(`${name} lacks a mark of ${allowed.join(' ')} for ${operation}`);
      return [operation, mark] as const;
    });
    return { name, marks: Object.fromEntries(marks) as Record<MatrixOperation, Mark> };
  });
}

/** Rights by kind. */
export const rights: Readonly<Record<Kind, readonly MatrixRow[]>> = {
  person: rowsOf<Right>(PEOPLE, ['+', 'o', '.']),
  machine: rowsOf<Right>(MACHINES, ['+', 'o', '.']),
};

/** Which door has a way to ask for what. */
export const ways: readonly MatrixRow<'+' | '.'>[] = rowsOf(WAYS, ['+', '.']);

/** Whether a door has a way. */
export function hasWay(door: Door, operation: MatrixOperation): boolean {
  return ways.find(({ name }) => name === door)!.marks[operation] === '+';
}

function expectedOf(right: Right, whose: Whose, isOffered: boolean): Expected {
  if (!isOffered) return 'no way';
  if (right === '.') return 'GATEWAY_FORBIDDEN';
  return right === 'o' && whose === 'own' ? 'GATE_REQUESTER' : 'done';
}

/** Whose incidents somebody can meet: a machine that may start none has none of its own. */
function owners(kind: Kind, { marks }: MatrixRow): readonly Whose[] {
  return kind === 'machine' && marks.start === '.' ? ['other'] : ['own', 'other'];
}

/** Every cell of the matrix. */
export function allCells(): readonly Cell[] {
  return (['person', 'machine'] as const).flatMap((kind) =>
    rights[kind].flatMap((row) =>
      doors
        .filter((door) => kind === 'person' || door !== 'slack')
        .flatMap((door) =>
          operations.flatMap((operation) => {
            const met = WITHOUT_INCIDENT.includes(operation) ? (['none'] as const) : owners(kind, row);
            return met.map((whose): Cell => {
              const expected = expectedOf(row.marks[operation], whose, hasWay(door, operation));
              return { kind, role: row.name, door, operation, whose, expected };
            });
          }),
        ),
    ),
  );
}
