import type { JsonObject } from '../../contracts/json.ts';
import { canonicalJson } from '../../contracts/json.ts';
import type { Core } from './core.ts';

const REDRAW_EVERY_MS = 3_000; // a card is read by people; the chat's own limit is about one edit a second

/** What the status card shows: states, who is asked what, clocks, open items. No secret, address or count of people. */
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
      ...gates.map((gate) => `${gate.roles.join(' and ')}: ${gate.question}`),
      ...state.asks.map((ask) => `${ask.of}: ${ask.text}`),
    ],
    clocks: state.obligations
      .filter(({ dueAt, state: duty }) => dueAt !== undefined && duty !== 'filed' && duty !== 'not-required')
      .map(({ title, dueAt }) => `${title}, due ${dueAt!}`),
    openItems: state.openItems.map(({ step, text }) => `${step}: ${text}`),
  };
}

/**
 * Asks for the card to be redrawn when what it shows has changed: one drawing at a time, the latest state wins, at most one
 * in three seconds. A card that cannot be drawn blocks nothing.
 */
export function redrawCard(core: Core): void {
  const room = core.state.steps.find((step) => core.node(step).uses === 'chat.open');
  if (room?.state !== 'succeeded') return;
  const card = (core.state.card ??= { shown: '', isDrawing: false, drawnAtMs: 0 });
  const summary = summaryOf(core);
  const shown = canonicalJson(summary);
  if (card.isDrawing || card.shown === shown) return;
  const isLast = core.state.incidentState === 'closed';
  if (!isLast && core.nowMs - card.drawnAtMs < REDRAW_EVERY_MS) {
    card.wakeAtMs = card.drawnAtMs + REDRAW_EVERY_MS;
    return;
  }
  core.state.card = { shown, isDrawing: true, drawnAtMs: core.nowMs };
  core.commands.push({ kind: 'card', context: { ...core.context(room), journal: [] }, summary });
}
