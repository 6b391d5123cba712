import { fill } from './expressions.ts';
import { gateOf } from './gates.ts';
import { permitGrounds } from './grounds.ts';
import { visitId } from '../../contracts/ids.ts';
import type { Core } from './core.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { StepError } from '../../contracts/messages.ts';
import type { StepRecord } from './state.ts';

/** Whether what a step did can be taken back now. */
export function isUndoable(core: Core, step: StepRecord): boolean {
  const hasActed = step.state === 'succeeded' || step.state === 'partial';
  return core.node(step).undo !== undefined && hasActed && step.isUndone !== true;
}

/** Puts steps in the queue to be undone, the one that ended last first. */
export function queueUndo(core: Core, ids: readonly string[]): void {
  const endedAtMs = (id: string): number => core.step(id)?.endedAtMs ?? 0;
  const place = (id: string): number => core.state.steps.findIndex((step) => step.id === id);
  const isIdle = core.state.undoing.length === 0;
  const fresh = ids.filter((id) => !core.state.undoing.includes(id));
  core.state.undoing.push(
    ...fresh.sort((left, right) => endedAtMs(right) - endedAtMs(left) || place(right) - place(left)),
  );
  if (isIdle) undoNext(core);
}

function undoNext(core: Core): void {
  const step = core.step(core.state.undoing[0] ?? '');
  if (!step) return;
  const node = core.node(step);
  const undo = node.undo!;
  const filled = fill(undo.with, core.scopeFor(step));
  if ('error' in filled) {
    takeUndone(core, step, filled.error);
    return;
  }
  const gate = gateOf(core, step)?.digest;
  core.commands.push({
    kind: 'act',
    plan: node,
    call: {
      ...core.context(step),
      ...{ uses: undo.uses, with: filled.value as JsonObject, texts: node.texts },
      ...{ facts: core.factsFor(node), roles: core.input.roles },
      ...(gate === undefined ? {} : { gate }),
      isUndo: true,
    },
    activityId: `${visitId(step.id, step.visit)}:undo`,
    needsPermit: true,
    ...permitGrounds(core, step),
    isUndo: true,
  });
}

/** An undo has ended; a failed one is recorded and shown, and the next one follows all the same. */
export function takeUndone(core: Core, step: StepRecord, error?: StepError): void {
  step.isUndone = error === undefined;
  core.state.undoing = core.state.undoing.filter((id) => id !== step.id);
  const body = { step: step.id, visit: step.visit, undone: step.isUndone, ...(error ? { code: error.code } : {}) };
  core.record('step.ended', 'engine', body, `undo:${visitId(step.id, step.visit)}:${core.state.sequence}`);
  if (error) core.leaveOpen(step.id, `could not be undone: ${error.message}`);
  undoNext(core);
}
