import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { incidentMessages, rolloutMessages } from '../contracts/messages.ts';
import type {
  AddFactMessage,
  AmendMessage,
  ChildEnded,
  ChildHolds,
  DecideMessage,
  HoldReason,
  IncidentStatus,
  Receipt,
  ResolveStepMessage,
  RolloutMessage,
  RolloutOutputs,
  StopMessage,
} from '../contracts/messages.ts';

/** What doors and children may say to an incident. Names are contracts. */
export const decideUpdate = defineUpdate<Receipt, [DecideMessage]>(incidentMessages.decide);
export const addFactUpdate = defineUpdate<Receipt, [AddFactMessage]>(incidentMessages.addFact);
export const resolveStepUpdate = defineUpdate<Receipt, [ResolveStepMessage]>(incidentMessages.resolveStep);
export const amendUpdate = defineUpdate<Receipt, [AmendMessage]>(incidentMessages.amend);
export const stopUpdate = defineUpdate<Receipt, [StopMessage]>(incidentMessages.stop);
export const resumeUpdate = defineUpdate<Receipt, [StopMessage]>(incidentMessages.resume);
export const rolloutUpdate = defineUpdate<Receipt, [RolloutMessage]>(incidentMessages.rollout);
export const statusQuery = defineQuery<IncidentStatus>(incidentMessages.status);
export const childEndedSignal = defineSignal<[ChildEnded]>(incidentMessages.childEnded);
export const childHoldsSignal = defineSignal<[ChildHolds]>(incidentMessages.childHolds);

/** What an incident, or an operator, says to a rollout. */
export const stopSignal = defineSignal(rolloutMessages.stop);
export const resumeSignal = defineSignal(rolloutMessages.resume);
export const pauseSignal = defineSignal(rolloutMessages.pause);
export const rateSignal = defineSignal<[{ readonly window: number }]>(rolloutMessages.rate);
export const releaseSignal = defineSignal<[{ readonly reason: HoldReason }]>(rolloutMessages.release);
export const finishSignal = defineSignal(rolloutMessages.finish);
export const progressQuery = defineQuery<RolloutOutputs>(rolloutMessages.progress);

/** What an incident says to a clock: its duty is settled, or its times have moved. */
export const settledSignal = defineSignal('settled');
export const movedSignal = defineSignal<[{ readonly dueAt: string; readonly remindAt: readonly string[] }]>('moved');
