import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import {
  addFactUpdate,
  amendUpdate,
  decideUpdate,
  resolveStepUpdate,
  resumeUpdate,
  rolloutUpdate,
  stopUpdate,
} from './definitions.ts';
import { knownReceipt, takeUpdate, type Updates } from './interpreter/updates.ts';
import { refusal } from './interpreter/refusals.ts';
import type { Interpreter } from './interpreter/interpreter.ts';
import type { UpdateDefinition } from '@temporalio/common';
import type { Receipt } from '../contracts/messages.ts';

/**
 * Sets the handlers of every Update: the validator is synchronous and refuses with a code (the failure's type), the
 * handler records and returns. A repeat of an answered id gets the same receipt and changes nothing.
 *
 * @param onTaken - called after each; the handler itself waits for nothing.
 */
export function answerUpdates({ core }: Interpreter, onTaken: () => void): void {
  function answer<Name extends keyof Updates>(name: Name, update: UpdateDefinition<Receipt, [Updates[Name]]>): void {
    const take = (message: Updates[Name]): Receipt => {
      core.nowMs = Date.now();
      const receipt = takeUpdate(core, name, message);
      onTaken();
      return receipt;
    };
    const validator = (message: Updates[Name]): void => {
      if (knownReceipt(core, message.id)) return;
      const refused = refusal(core, name, message);
      if (refused) throw ApplicationFailure.nonRetryable(refused.message, refused.code);
    };
    setHandler(update, take, { validator });
  }

  answer('decide', decideUpdate);
  answer('addFact', addFactUpdate);
  answer('resolveStep', resolveStepUpdate);
  answer('amend', amendUpdate);
  answer('stop', stopUpdate);
  answer('resume', resumeUpdate);
  answer('rollout', rolloutUpdate);
}
