import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import type { ResolveStepMessage } from '../../contracts/messages.ts';
import type { Core } from './core.ts';
import { DAY_MS, durationMs } from './duration.ts';
import { endStep, markStarted } from './steps.ts';
import type { AskRecord, StepRecord } from './state.ts';

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}

/** What a step wants to know: fact keys. */
function wantsOf(uses: string, given: JsonObject): readonly string[] {
  if (uses === 'wait.for') return [text(given.fact)];
  if (uses === 'facts.ask') return texts(given.keys);
  const sets = text(given.sets);
  return sets === '' ? [] : [sets];
}

function questionOf(uses: string, given: JsonObject, title: string): string {
  if (uses === 'facts.ask') return `Say what is known of: ${texts(given.keys).join(', ')}`;
  if (uses === 'wait.for') return `Decide the fact ${text(given.fact)}`;
  if (uses === 'filings.record') return `Record whether filing ${text(given.filing)} was filed, or why not`;
  return text(given.text) === '' ? title : text(given.text);
}

/** Opens an ask: a person does or says something; reminders follow until it is answered. */
export function openAsk(core: Core, step: StepRecord): void {
  const node = core.node(step);
  const given = step.with!;
  const of = text(given.of);
  const remindEveryMs = durationMs(text(given.remind)) ?? DAY_MS;
  const dueMs = durationMs(text(given.due));
  const ask: AskRecord = {
    step: step.id,
    visit: step.visit,
    of,
    people: core.people(of),
    text: questionOf(node.uses, given, node.title),
    wants: wantsOf(node.uses, given),
    evidence: given.evidence === 'required' || given.evidence === 'optional' ? given.evidence : 'none',
    openedAtMs: core.nowMs,
    ...(dueMs === undefined ? {} : { dueAtMs: core.nowMs + dueMs }),
    remindEveryMs,
    remindAtMs: core.nowMs + Math.min(remindEveryMs, dueMs ?? remindEveryMs),
    reminders: 0,
  };
  markStarted(core, step, 'person');
  core.state.asks.push(ask);
  core.record(
    'ask.opened',
    'engine',
    { step: step.id, of, text: ask.text, wants: ask.wants },
    `ask.opened:${step.id}#${step.visit}`,
  );
  core.page(step, core.people(of).slice(0, 1), ask.text, 0);
}

/** The open ask of a step. */
export function askOf(core: Core, step: string): AskRecord | undefined {
  return core.state.asks.find((ask) => ask.step === step);
}

function closeAsk(core: Core, step: StepRecord, by: string, body: JsonObject, key: string): void {
  const index = core.state.asks.findIndex((ask) => ask.step === step.id);
  if (index >= 0) core.state.asks.splice(index, 1);
  core.record('ask.answered', by, { step: step.id, ...body }, key);
}

/** Reminds, and from the due time on wakes deputies and admins too. */
export function remind(core: Core, ask: AskRecord): void {
  const step = core.step(ask.step)!;
  ask.reminders += 1;
  const isLate = ask.dueAtMs !== undefined && ask.dueAtMs <= core.nowMs;
  const people = isLate ? [...new Set([...ask.people, ...core.people('admin')])] : ask.people;
  ask.remindAtMs = core.nowMs + ask.remindEveryMs;
  if (ask.dueAtMs !== undefined && ask.dueAtMs > core.nowMs) ask.remindAtMs = Math.min(ask.remindAtMs, ask.dueAtMs);
  core.record(
    'reminder',
    'engine',
    { step: ask.step, number: ask.reminders, isLate },
    `reminder:${ask.step}#${ask.visit}:${ask.reminders}`,
  );
  core.page(step, people, `${isLate ? 'Overdue' : 'Still open'}: ${ask.text}`, isLate ? 1 : 0);
}

/** Takes a validated answer of a person to an open ask. */
export function takeAnswer(core: Core, step: StepRecord, message: ResolveStepMessage): string {
  const { by, values = {}, id } = message;
  const { uses } = core.node(step);
  closeAsk(core, step, by, { role: message.role, values }, `ask.answered:${id}`);
  if (uses === 'facts.ask') {
    core.addFacts(step, values, by, 'decided');
    endStep(core, step, 'succeeded', { answered: Object.keys(values).length });
    return 'the facts are in; duties and drafts are computed anew';
  }
  if (uses === 'filings.record') {
    recordFiling(core, step, by, values);
    return 'the filing is recorded';
  }
  const sets = text(step.with?.sets);
  if (sets !== '') core.addFacts(step, { [sets]: values.value ?? { at: core.now } }, by, 'decided');
  endStep(core, step, 'succeeded', { by, at: core.now });
  return 'done';
}

/** A filing's outcome goes to the ledger by an activity; the step ends with it. */
function recordFiling(core: Core, step: StepRecord, by: string, values: JsonObject): void {
  const given: JsonObject = { ...step.with, ...values, by, at: text(values.at) === '' ? core.now : text(values.at) };
  step.with = given;
  markStarted(core, step);
  step.isAsked = true;
  core.commands.push({
    kind: 'act',
    step,
    plan: core.node(step),
    context: core.context(step),
    with: given,
    facts: {},
    uses: 'filings.record',
  });
}

/** Ends waits whose fact is there: a value that is neither `false` nor unknown. */
export function endKnownWaits(core: Core): void {
  for (const ask of [...core.state.asks]) {
    const step = core.step(ask.step)!;
    if (core.node(step).uses !== 'wait.for') continue;
    const value = core.fact(ask.wants[0]!);
    if (value === undefined || value === false || (isJsonObject(value) && value.unknown === true)) continue;
    closeAsk(core, step, 'engine', { fact: ask.wants[0]! }, `ask.answered:${step.id}#${step.visit}`);
    endStep(core, step, 'succeeded', { value });
  }
}
