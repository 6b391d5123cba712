import { evaluate, type FilingEnd } from './evaluate.ts';
import { incidentWorkflowId, type IncidentId } from '../contracts/ids.ts';
import type { Catalogue } from './record.ts';
import type { KnownFacts } from './known-facts.ts';
import type { ObligationInput, ObligationStatus } from '../contracts/messages.ts';

/** What `engine.assess` gives. */
export interface Assessment {
  readonly obligations: readonly ObligationStatus[];
  /** Clocks that must run: one a duty that is neither discharged nor ruled out. */
  readonly clocks: readonly ObligationInput[];
}

/** What an assessment is made from. */
export interface AssessmentInput {
  readonly incident: IncidentId;
  readonly facts: KnownFacts;
  readonly openedAt: string;
  readonly filings?: readonly FilingEnd[];
}

/** Finds the duties that the facts trigger, and the clocks that must run for them. */
export function assess({ incident, ...input }: AssessmentInput, catalogue: Catalogue): Assessment {
  const evaluated = evaluate(input, catalogue);
  const clocks = evaluated.flatMap(({ status, remindAt }): readonly ObligationInput[] => {
    const { id, title, state, dueAt, of } = status;
    if (dueAt === undefined || state === 'filed' || state === 'not-required') return [];
    return [{ incident, obligation: id, title, dueAt, remindAt, of, parentWorkflowId: incidentWorkflowId(incident) }];
  });
  return { obligations: evaluated.map(({ status }) => status), clocks };
}
