import { factCatalogue, type Fact, type FactKey } from '../../contracts/facts.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import type { Core } from './core.ts';
import type { StepRecord } from './state.ts';

/** Whether a text is a declared fact key. */
export function isFactKey(key: string): key is FactKey {
  return Object.hasOwn(factCatalogue, key);
}

/** Whether a value says something: neither absent, nor `false`, nor `{unknown: true}`. */
export function isKnown(value: Json | undefined): value is Json {
  return (
    value !== undefined && value !== false && value !== null && !(isJsonObject(value) && value['unknown'] === true)
  );
}

/** Adds a fact; duties are assessed anew. The newest of a key counts. */
export function addFact(core: Core, said: Omit<Fact, 'at'>): void {
  const { state } = core;
  state.facts = [...state.facts.filter(({ key }) => key !== said.key), { ...said, at: core.now }];
  const { key, value, source, confidence, by } = said;
  core.record('fact', by, { key, value, source, confidence }, `fact:${key}:${state.sequence + 1}`);
  state.needsAssessing = true;
}

/** Adds the facts that a step sets; undeclared keys are left out. */
export function addStepFacts(
  core: Core,
  step: StepRecord,
  values: JsonObject,
  by: string,
  confidence: Fact['confidence'],
): void {
  for (const [key, value] of Object.entries(values)) {
    if (isFactKey(key)) addFact(core, { key, value, source: `step:${step.id}`, by, confidence });
  }
}

/** Facts that the incident starts with: inputs that are named like a fact, as proposals of whoever started it. */
export function addInputFacts(core: Core): void {
  const { inputs, requester } = core.input;
  const proposed = { source: 'input', by: requester, confidence: 'proposed' } as const;
  for (const [name, value] of Object.entries(inputs)) {
    if (isFactKey(name)) addFact(core, { key: name, value, ...proposed });
  }
  // The library's playbooks call this input `detected`; a detector's time is a proposal until a person decides.
  const { detected } = inputs;
  if (detected !== undefined && !('detectedAt' in inputs))
    addFact(core, { key: 'detectedAt', value: detected, ...proposed });
}
