import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import {
  incidentMessages,
  type AddFactMessage,
  type AmendMessage,
  type ChildEnded,
  type DecideMessage,
  type IncidentStatus,
  type Receipt,
  type ResolveStepMessage,
  type StopMessage,
} from '../contracts/messages.ts';

/** What doors and children may say to an incident. Names are contracts. */
export const decideUpdate = defineUpdate<Receipt, [DecideMessage]>(incidentMessages.decide);
export const addFactUpdate = defineUpdate<Receipt, [AddFactMessage]>(incidentMessages.addFact);
export const resolveStepUpdate = defineUpdate<Receipt, [ResolveStepMessage]>(incidentMessages.resolveStep);
export const amendUpdate = defineUpdate<Receipt, [AmendMessage]>(incidentMessages.amend);
export const stopUpdate = defineUpdate<Receipt, [StopMessage]>(incidentMessages.stop);
export const resumeUpdate = defineUpdate<Receipt, [StopMessage]>(incidentMessages.resume);
export const statusQuery = defineQuery<IncidentStatus>(incidentMessages.status);
export const childEndedSignal = defineSignal<[ChildEnded]>(incidentMessages.childEnded);

/** What an incident says to its rollouts and clocks. */
export const stopSignal = defineSignal('stop');
export const resumeSignal = defineSignal('resume');
/** A clock's duty was settled, or its due time moved. */
export const settledSignal = defineSignal('settled');
export const movedSignal = defineSignal<[{ readonly dueAt: string; readonly remindAt: readonly string[] }]>('moved');
