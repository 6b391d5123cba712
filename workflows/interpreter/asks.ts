import { actionCatalogue } from '../../contracts/catalogue.ts';
import { addStepFacts, isKnown } from './facts.ts';
import { ADMIN, type Core } from './core.ts';
import { durationTextMs } from '../../contracts/duration-text.ts';
import { failStep } from './failures.ts';
import { endStep, markStarted } from './ending.ts';
import { permitGrounds } from './grounds.ts';
import { visitId } from '../../contracts/ids.ts';
import type { AskRecord, StepRecord } from './state.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { ResolveStepMessage } from '../../contracts/messages.ts';

const REMIND_EVERY_MS = 24 * 3_600_000; // the playbook says otherwise by `remind`

/** What a person says of a filing. */
const FILING_VALUES: ReadonlySet<string> = new Set(['state', 'reference', 'at', 'reason']);

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly Json[]).map(text) : [];
}

/** Fact keys that a step wants to know. */
function wantsOf(uses: string, given: JsonObject): readonly string[] {
  if (uses === 'wait.for') return [text(given['fact'])];
  if (uses === 'facts.ask') return texts(given['keys']);
  const sets = text(given['sets']);
  return sets === '' ? [] : [sets];
}

function questionOf(uses: string, given: JsonObject, title: string): string {
  if (uses === 'facts.ask') return `Say what is known of: ${texts(given['keys']).join(', ')}`;
  if (uses === 'wait.for') return `Decide the fact ${text(given['fact'])}`;
  if (uses === 'filings.record') return `Record whether filing ${text(given['filing'])} was filed, or why not`;
  return text(given['text']) === '' ? title : text(given['text']);
}

/** Milliseconds of a duration that the playbook gives; NaN for what an expression made of it that is none. */
function lengthOf(given: Json | undefined, otherwise: number): number {
  return given === undefined ? otherwise : (durationTextMs(text(given)) ?? NaN);
}

/**
 * Opens an ask: a person does or says something; reminders follow until it is answered, and once it is overdue deputies
 * and admins are woken too.
 */
export function openAsk(core: Core, step: StepRecord): void {
  const node = core.node(step);
  const given = step.with!;
  const of = text(given['of']);
  const remindEveryMs = lengthOf(given['remind'], REMIND_EVERY_MS);
  const dueMs = lengthOf(given['due'], Infinity);
  if (Number.isNaN(remindEveryMs + dueMs)) {
    failStep(core, step, { code: 'STEP_TIME_INVALID', message: `${step.id} has no such time to remind or be due` });
    return;
  }
  const { evidence } = given;
  const ask: AskRecord = {
    step: step.id,
    visit: step.visit,
    of,
    people: core.people(of),
    text: questionOf(node.uses, given, node.title),
    wants: wantsOf(node.uses, given),
    evidence: evidence === 'required' || evidence === 'optional' ? evidence : 'none',
    openedAtMs: core.nowMs,
    ...(dueMs === Infinity ? {} : { dueAtMs: core.nowMs + dueMs }),
    remindEveryMs,
    remindAtMs: core.nowMs + Math.min(remindEveryMs, dueMs),
    reminders: 0,
  };
  markStarted(core, step, 'person');
  core.state.asks.push(ask);
  const body = { step: step.id, of, text: ask.text, wants: ask.wants };
  core.record('ask.opened', 'engine', body, `ask.opened:${visitId(step.id, step.visit)}`);
  core.page(step, core.people(of).slice(0, 1), `${ask.text}${dueText(ask)}`, 0);
}

/** By when, for those who are woken. */
function dueText({ dueAtMs }: AskRecord): string {
  return dueAtMs === undefined ? '' : `; due ${new Date(dueAtMs).toISOString()}`;
}

/** The open ask of a step. */
export function askOf(core: Core, step: string): AskRecord | undefined {
  return core.state.asks.find((ask) => ask.step === step);
}

/** Takes an ask off the list. */
export function dropAsk(core: Core, step: StepRecord): void {
  const index = core.state.asks.findIndex((ask) => ask.step === step.id);
  if (index >= 0) core.state.asks.splice(index, 1);
}

/** Reminds, and from the due time on wakes deputies and admins too. */
export function remind(core: Core, ask: AskRecord): void {
  const step = core.step(ask.step)!;
  ask.reminders += 1;
  const isLate = ask.dueAtMs !== undefined && ask.dueAtMs <= core.nowMs;
  ask.remindAtMs = core.nowMs + ask.remindEveryMs;
  if (ask.dueAtMs !== undefined && !isLate) ask.remindAtMs = Math.min(ask.remindAtMs, ask.dueAtMs);
  const body = { step: ask.step, number: ask.reminders, isLate };
  const key = `reminder:${visitId(ask.step, ask.visit)}:${ask.reminders}`;
  core.record(isLate ? 'escalation' : 'reminder', 'engine', body, key);
  const people = isLate ? core.peopleOf([ask.of, ADMIN]) : ask.people;
  core.page(step, people, `${isLate ? 'Overdue' : 'Still open'}: ${ask.text}${dueText(ask)}`, isLate ? 1 : 0);
}

/** Takes a validated answer of a person to an open ask. @returns what it led to, one sentence. */
export function takeAnswer(core: Core, step: StepRecord, message: ResolveStepMessage): string {
  const { by, role, values = {}, comment, id } = message;
  dropAsk(core, step);
  const body = { step: step.id, role, values, ...(comment === undefined ? {} : { comment }) };
  core.record('ask.answered', by, body, `ask.answered:${id}`);
  switch (core.node(step).uses) {
    case 'facts.ask':
      return takeFacts(core, step, by, values);
    case 'filings.record':
      return recordFiling(core, step, by, values);
    default: {
      const sets = text(step.with?.['sets']);
      if (sets !== '' && values['value'] !== undefined)
        addStepFacts(core, step, { [sets]: values['value'] }, by, 'decided');
      endStep(core, step, 'succeeded', { by, at: core.now });
      return 'done';
    }
  }
}

function takeFacts(core: Core, step: StepRecord, by: string, values: JsonObject): string {
  const asked = texts(step.with?.['keys']);
  const open = asked.filter((key) => values[key] === undefined && !isKnown(core.fact(key)));
  if (open.length > 0) core.leaveOpen(step.id, `nobody has said: ${open.join(', ')}`);
  addStepFacts(core, step, values, by, 'decided');
  endStep(core, step, 'succeeded', { answered: Object.keys(values).length });
  return 'the facts are in; duties and drafts are computed anew';
}

/** A filing's end goes to the ledger by an activity; the step ends with it. */
function recordFiling(core: Core, step: StepRecord, by: string, values: JsonObject): string {
  const plan = core.node(step);
  const at = text(values['at']) === '' ? core.now : text(values['at']);
  const said = Object.entries(values).filter(([key]) => FILING_VALUES.has(key)); // which filing it is, the plan says
  step.with = { ...step.with, ...Object.fromEntries(said), by, at };
  step.isAsked = true;
  markStarted(core, step);
  core.commands.push({
    kind: 'act',
    plan,
    call: {
      ...core.context(step),
      ...{ uses: plan.uses, with: step.with, texts: plan.texts, facts: core.factsFor(plan), roles: core.input.roles },
    },
    activityId: visitId(step.id, step.visit),
    needsPermit: actionCatalogue.get(plan.uses)?.effect !== 'none',
    ...permitGrounds(core, step),
  });
  return 'the filing is recorded';
}

/** Ends asks whose facts are there: waits for a fact that says something, and asked facts that are all decided. */
export function endKnown(core: Core): void {
  for (const ask of [...core.state.asks]) {
    const step = core.step(ask.step)!;
    const { uses } = core.node(step);
    if (uses !== 'wait.for' && uses !== 'facts.ask') continue;
    const facts = ask.wants.map((key) => core.state.facts.find((fact) => fact.key === key));
    const isThere = facts.every(
      (fact) => fact !== undefined && isKnown(fact.value) && (uses === 'wait.for' || fact.confidence === 'decided'),
    );
    if (!isThere) continue;
    dropAsk(core, step);
    const key = `ask.answered:${visitId(step.id, step.visit)}`;
    core.record('ask.answered', 'engine', { step: step.id, facts: ask.wants }, key);
    const outputs = uses === 'wait.for' ? { value: facts[0]!.value } : { answered: facts.length };
    endStep(core, step, 'succeeded', outputs);
  }
}
