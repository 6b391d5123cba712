import { canonicalJson } from '../../contracts/json.ts';
import { present } from './duties.ts';
import type { Core } from './core.ts';
import type { JsonObject } from '../../contracts/json.ts';

const REDRAWN_EVERY_MS = 5_000; // chats limit edits; a person does not read faster

/** What the status card shows; shape: activities/chat/render-card.ts. */
function summaryOf(core: Core): JsonObject {
  const { state } = core;
  const steps: Record<string, number> = {};
  for (const step of state.steps) steps[step.state] = (steps[step.state] ?? 0) + 1;
  const gates = state.gates.filter((gate) => gate.state === 'open' && gate.digest !== '');
  return {
    state: state.isStopped ? `${state.incidentState}, stopped` : state.incidentState,
    playbook: core.plan.playbook.name,
    steps,
    waiting: [
      ...gates.map(({ roles, question }) => `${roles.join(', ')}: ${question}`),
      ...state.asks.map(({ of, text }) => `${of}: ${text}`),
    ],
    clocks: state.obligations
      .map((duty) => present(duty, core.nowMs))
      .filter((duty) => duty.dueAt !== undefined && ['running', 'provisional', 'overdue'].includes(duty.state))
      .map((duty) => `${duty.title}, due ${duty.dueAt!} (${duty.state})`),
    openItems: state.openItems.map(({ step, text }) => `${step}: ${text}`),
  };
}

/** When the card may be redrawn at the earliest, epoch milliseconds; `undefined` while there is no room or nothing new. */
export function cardDueMs(core: Core): number | undefined {
  const { card, steps } = core.state;
  const hasRoom = steps.some((step) => core.node(step).uses === 'chat.open' && step.state === 'succeeded');
  if (!hasRoom || card.isBeingDrawn || canonicalJson(summaryOf(core)) === card.shown) return undefined;
  const isLast = core.state.incidentState === 'closed';
  return card.shown === undefined || isLast ? core.nowMs : card.shownAtMs + REDRAWN_EVERY_MS;
}

/** Redraws the status card where the incident has a room, when something on it has changed. */
export function drawCard(core: Core): void {
  const dueMs = cardDueMs(core);
  const { card } = core.state;
  if (dueMs === undefined || dueMs > core.nowMs) return;
  const room = core.state.steps.find((step) => core.node(step).uses === 'chat.open' && step.state === 'succeeded')!;
  const summary = summaryOf(core);
  card.isBeingDrawn = true;
  card.shown = canonicalJson(summary);
  card.shownAtMs = core.nowMs;
  core.commands.push({ kind: 'card', context: core.context(room), summary });
}
