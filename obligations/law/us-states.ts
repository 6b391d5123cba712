import type { DelayRule, LawRecord, Limit, NumberTest, Phase, Predicate, Source, Vector } from './record.ts';

/** A time limit as a row of the table says it. */
interface RowLimit {
  readonly n?: number;
  readonly unit?: 'days' | 'business_days' | 'hours';
  /** Fact that starts it; absent: discovery, the earliest reading. */
  readonly start?: string;
  /** Text of the law where it names no number. */
  readonly qualifier?: string;
  readonly source: Source;
}

/** One state of the table. */
interface StateRow {
  readonly state: string;
  readonly name: string;
  readonly cite: string;
  readonly from: string;
  readonly zone: string;
  readonly asOf: string;
  readonly individuals: RowLimit;
  readonly authority?: RowLimit & {
    readonly who: string;
    readonly moreThan?: number;
    readonly atLeast?: number;
    /** Told before the people are. */
    readonly first?: boolean;
  };
  readonly agencies?: { readonly moreThan: number; readonly source: Source };
  /** Access without acquisition is enough. */
  readonly access?: true;
  /** The window that opens when law enforcement releases the notice. */
  readonly residual?: NonNullable<DelayRule['residual']>;
  readonly note?: string;
  readonly tests: { readonly individuals: readonly Vector[]; readonly authority?: readonly Vector[] };
}

const CORE = [
  ...['name_ssn', 'name_driving_licence', 'name_government_id', 'name_account_with_code'],
  ...['name_medical', 'name_health_insurance', 'name_biometric'],
];

const affected = (state: string): Predicate => ({ fact: 'residents', of: `US-${state}`, atLeast: 1 });

/** What the statutes share; whether log-in data alone counts differs. */
const elements: Predicate = {
  any: [
    { fact: 'usElements', has: CORE },
    {
      all: [
        { fact: 'usElements', has: ['online_account_credentials'] },
        { unclear: 'whether log-in data alone counts in this state' },
      ],
    },
  ],
};

const acquired: Predicate = { fact: 'unauthorisedAcquisition', is: true };
const reached: Predicate = { any: [acquired, { fact: 'unauthorisedAccess', is: true }] };

/** Makes the records of a table of US states: individuals, and where the row names one, the authority. */
export function expandStates(rows: readonly unknown[]): readonly unknown[] {
  return (rows as readonly StateRow[]).flatMap((row) => [
    individuals(row),
    ...(row.authority ? [authority(row, row.authority)] : []),
  ]);
}

function common(row: StateRow, source: Source): Omit<LawRecord, 'id' | 'title' | 'recipient' | 'phases' | 'tests'> {
  const { state, cite, from, asOf } = row;
  return {
    status: 'in_force',
    regime: `US ${row.name}`,
    jurisdiction: { code: `US-${state}`, scope: 'statute' },
    citation: { text: cite, provisions: [] },
    effective: { from, to: null },
    verified: { by: null, on: null, asOf, source },
    appliesTo: affected(state),
    trigger: { all: [row.access === true ? reached : acquired, elements] },
    exemptions: [{ id: 'encrypted', when: { fact: 'encryption', is: 'intact' }, mustRecord: true, source: 'M' }],
    delay: {
      ...{ forms: ['written', 'oral'], effect: 'suspends', source: 'M' },
      ...(row.residual ? { residual: row.residual } : {}),
    },
  };
}

function individuals(row: StateRow): LawRecord {
  const id = `us.${row.state.toLowerCase()}.individuals`;
  const manual = [
    ...(row.agencies
      ? [
          `Tell the consumer reporting agencies where more than ${row.agencies.moreThan} people are told (${row.agencies.source}).`,
        ]
      : []),
    ...(row.note === undefined ? [] : [row.note]),
  ];
  return {
    id,
    title: `Tell the people concerned (${row.name})`,
    ...common(row, row.individuals.source),
    recipient: { kind: 'individuals', who: `residents of ${row.name}` },
    phases: [phase('notice', `Notice to residents of ${row.name}`, row, row.individuals)],
    ...(manual.length === 0 ? {} : { manual }),
    tests: row.tests.individuals,
  };
}

function authority(row: StateRow, given: NonNullable<StateRow['authority']>): LawRecord {
  const { who, moreThan, atLeast, source } = given;
  const number: NumberTest | undefined =
    moreThan === undefined && atLeast === undefined
      ? undefined
      : {
          fact: 'residents',
          of: `US-${row.state}`,
          source,
          ...(moreThan === undefined ? { atLeast: atLeast! } : { moreThan }),
        };
  const base = common(row, source);
  return {
    id: `us.${row.state.toLowerCase()}.authority`,
    title: `Tell ${who} (${row.name})`,
    ...base,
    ...(number ? { appliesTo: { all: [base.appliesTo, number] } } : {}),
    recipient: { kind: 'authority', who },
    ...(given.first === true ? { orderBefore: [`us.${row.state.toLowerCase()}.individuals`] } : {}),
    phases: [phase('notice', `Notice to ${who}`, row, given)],
    tests: row.tests.authority ?? [],
  };
}

function phase(id: string, title: string, { zone }: StateRow, limit: RowLimit): Phase {
  const { n, unit = 'days', start = 'discoveredAt', qualifier, source } = limit;
  const limits: Limit[] =
    n === undefined ? [] : [{ n, unit, source, ...(unit === 'business_days' ? { calendar: 'us-federal' } : {}) }];
  return { ...{ id, title, start, zone, limits }, ...(qualifier === undefined ? {} : { qualifier }) };
}
