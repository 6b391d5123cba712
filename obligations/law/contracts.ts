import type { LawRecord, Predicate, Unit } from './record.ts';

/** A clause that a user supplies: whom the company promised to tell, of what, how soon. */
export interface ContractClause {
  /** Becomes `contract.<id>`. */
  readonly id: string;
  /** Name of the customer or a reference to the contract; it is shown. */
  readonly with: string;
  readonly clause: string;
  /** `personal_data`: only where data processed for the customer is concerned. `any_incident`: always. */
  readonly covers: 'personal_data' | 'any_incident';
  /** Fact that starts it: `awareAt`, `detectedAt`, `confirmedAt` ... */
  readonly start: string;
  readonly n: number;
  readonly unit: Extract<Unit, 'hours' | 'days' | 'business_days'>;
  /** Of business days. */
  readonly calendar?: string;
  /** Zone in which days end. */
  readonly zone?: string;
  readonly from: string;
  readonly to?: string;
  readonly reviewedBy?: string;
  readonly reviewedOn?: string;
}

const hurt: Predicate = {
  fact: 'effects',
  has: ['confidentiality', 'integrity', 'availability', 'authenticity'],
};

/** Makes records of clauses; they are checked like every other ({@link checkRecords}). */
export function contractRecords(clauses: readonly ContractClause[]): readonly unknown[] {
  return clauses.map((clause) => {
    const { id, with: customer, n, unit, start, calendar, zone, from, to = null } = clause;
    const isPersonal = clause.covers === 'personal_data';
    const record: LawRecord = {
      id: `contract.${id}`,
      status: 'in_force',
      title: `Tell ${customer} as its contract says`,
      regime: 'Contracts',
      jurisdiction: { code: 'contract', scope: 'contract' },
      citation: { text: `Contract with ${customer}, ${clause.clause}`, provisions: [clause.clause] },
      effective: { from, to },
      verified: {
        by: clause.reviewedBy ?? null,
        on: clause.reviewedOn ?? null,
        asOf: from,
        source: 'contract',
      },
      // Any incident that hurt something; or only where data is concerned that is processed for customers.
      appliesTo: isPersonal ? { fact: 'roles', has: ['processor'] } : hurt,
      trigger: isPersonal
        ? {
            all: [
              { fact: 'controllersConcerned', is: true },
              { fact: 'personalData', is: true },
            ],
          }
        : hurt,
      recipient: { kind: 'customer', who: customer },
      phases: [
        {
          id: 'notice',
          title: `Notice to ${customer}`,
          start,
          ...(zone === undefined ? {} : { zone }),
          limits: [{ n, unit, source: 'contract', ...(calendar === undefined ? {} : { calendar }) }],
        },
      ],
      tests: [],
    };
    return record;
  });
}
