import { condition, continueAsNew, getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import type { PageCall, PageResult } from '../contracts/effects.ts';
import type { ChildEnded, RolloutInput } from '../contracts/messages.ts';
import type { JsonObject } from '../contracts/json.ts';
import { runPage, stepError } from './activities.ts';
import { childEndedSignal, resumeSignal, stopSignal } from './definitions.ts';
import { RolloutCore, type PageRange } from './interpreter/rollout-core.ts';

const PAGES_PER_RUN = 300; // about 1,800 events; then the rollout continues as new

/**
 * One step over a dataset: pages in a window, the canary before everything else, sweeps of what pages left behind.
 *
 * It holds cursor and counts only; what became of each target is in the ledger. It outlives its parent's runs and reports
 * by signal.
 */
export async function rollout(input: RolloutInput): Promise<void> {
  const core = new RolloutCore(input);
  let isDue = true;
  let pages = 0;
  const wake = (): void => {
    isDue = true;
  };
  setHandler(stopSignal, () => {
    core.isStopped = true;
    wake();
  });
  setHandler(resumeSignal, () => {
    core.isStopped = false;
    core.wakeNow();
    wake();
  });

  const run = (range: PageRange): void => {
    pages += 1;
    void callPage(input, range).then(
      (result) => {
        core.take(range, result, Date.now());
        wake();
      },
      (error: unknown) => {
        core.fail(range, stepError(error));
        wake();
      },
    );
  };

  while (!core.isOver) {
    isDue = false;
    if (pages >= PAGES_PER_RUN && core.inFlight === 0)
      await continueAsNew<typeof rollout>({ ...input, ...core.carry() });
    const isFull = pages >= PAGES_PER_RUN;
    for (const range of isFull ? [] : core.next(Date.now())) run(range);
    if (core.isOver) break;
    const wakeAtMs = core.nextWakeAtMs();
    if (wakeAtMs === undefined || core.inFlight > 0) await condition(() => isDue);
    else await condition(() => isDue, Math.max(1, wakeAtMs - Date.now()));
  }
  await report(input, core);
}

/** Activity id of a page: unique in a run, readable in the UI. */
function pageActivityId({ step }: RolloutInput, range: PageRange): string {
  return `${step.id}:${range.page}${range.looks ? `?${range.turn}` : `.${range.turn}`}`;
}

function callPage(input: RolloutInput, range: PageRange): Promise<PageResult> {
  const call: PageCall = {
    ...input.call,
    uses: range.looks ? 'credentials.verify' : input.call.uses,
    dataset: input.dataset,
    page: range.page,
    from: range.from,
    to: range.to,
    first: input.step.rollout?.first ?? [],
    onUnknown: input.step.onUnknown,
  };
  return runPage(input.step, call.uses, pageActivityId(input, range), call);
}

async function report({ call, parentWorkflowId, dataset }: RolloutInput, core: RolloutCore): Promise<void> {
  const outputs: JsonObject = {
    targets: dataset.count,
    left: core.left,
    counts: core.counts as JsonObject,
    ...(core.facts(call) ? { facts: core.facts(call)! } : {}),
  };
  const ended: ChildEnded = {
    step: call.step,
    visit: call.visit,
    result: { state: core.endState, outputs, ...(core.error ? { error: core.error } : {}), openItems: core.openItems },
  };
  // No run id: the parent may have continued as new. It may also have ended; then nobody waits for the report.
  await getExternalWorkflowHandle(parentWorkflowId)
    .signal(childEndedSignal, ended)
    .catch(() => undefined);
}
