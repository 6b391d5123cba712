import type { UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { Receipt, StepError } from '../contracts/messages.ts';
import {
  addFactUpdate,
  amendUpdate,
  decideUpdate,
  resolveStepUpdate,
  resumeUpdate,
  stopUpdate,
} from './definitions.ts';
import type { Core } from './interpreter/core.ts';
import type { Interpreter } from './interpreter/interpreter.ts';
import { addFact, amend, decide, knownReceipt, resolveStep, resume, stop } from './interpreter/messages.ts';
import { refuseAmendment, refuseDecision, refuseFact, refuseResolution, refuseStop } from './interpreter/refusals.ts';

/**
 * Sets the handlers of every Update: the validator is synchronous and refuses with a code, the handler records and
 * returns. A repeat of an answered id gets the same receipt and changes nothing.
 */
export function answerUpdates(interpreter: Interpreter, wake: () => void): void {
  const { core } = interpreter;

  function answer<Message extends { readonly id: string }>(
    update: UpdateDefinition<Receipt, [Message]>,
    refuse: (core: Core, message: Message) => StepError | undefined,
    take: (core: Core, message: Message) => Receipt,
  ): void {
    setHandler(
      update,
      (message: Message): Receipt => {
        core.nowMs = Date.now();
        const receipt = knownReceipt(core, message.id) ?? take(core, message);
        wake();
        return receipt;
      },
      {
        validator: (message: Message): void => {
          if (knownReceipt(core, message.id)) return;
          const refusal = refuse(core, message);
          if (refusal)
            throw ApplicationFailure.create({ type: refusal.code, message: refusal.message, nonRetryable: true });
        },
      },
    );
  }

  answer(decideUpdate, refuseDecision, decide);
  answer(addFactUpdate, refuseFact, addFact);
  answer(resolveStepUpdate, refuseResolution, resolveStep);
  answer(amendUpdate, refuseAmendment, amend);
  answer(stopUpdate, (c, message) => refuseStop(c, message, false), stop);
  answer(resumeUpdate, (c, message) => refuseStop(c, message, true), resume);
}
