import { severities, type Severity } from '../../contracts/detectors.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import { compileEventTemplate, type EventTemplate } from '../../playbooks/event-expressions.ts';
import { isKnownFact } from '../fact-door.ts';
import { credentialSubject } from '../leaks.ts';
import type { RuleConfig } from './config.ts';
import type { DetectorEvent } from './port.ts';

/** A rule, ready for alerts. */
export interface Rule {
  readonly config: RuleConfig;
  /** Place in the file, from 1: for messages. */
  readonly number: number;
  readonly when: EventTemplate | undefined;
  readonly severity: EventTemplate | undefined;
  readonly about: EventTemplate | undefined;
  readonly inputs: EventTemplate;
  readonly facts: EventTemplate;
}

const ABOUT_MAX_CHARS = 1_000;
/** What an alert without a severity counts as: nobody said that it is small. */
const UNSAID: Severity = 'critical';

/** What expressions read of an alert. @param fingerprint - of the leaked credential; empty where there is none. */
export function scopeOf(
  { id, kind, time = '', severity, sample, fields }: DetectorEvent,
  fingerprint: string,
): JsonObject {
  return { id, kind, time, severity: severity ?? '', sample, fields, fingerprint };
}

/** Compiles rules. @returns them, and what is wrong with those that cannot be taken. */
export function compileRules(configs: readonly RuleConfig[]): {
  readonly rules: readonly Rule[];
  readonly faults: readonly string[];
} {
  const rules: Rule[] = [];
  const faults: string[] = [];
  for (const [index, config] of configs.entries()) {
    const number = index + 1;
    const strange = Object.keys(config.facts ?? {}).filter((key) => !isKnownFact(key));
    if ((config.playbook === undefined) === (config.ignore === undefined))
      faults.push(`rule ${number} names a playbook or says \`ignore: true\`, one of them`);
    for (const key of strange) faults.push(`rule ${number}: there is no fact ${key}`);
    try {
      const compiled = (value: Json | undefined): EventTemplate | undefined =>
        value === undefined ? undefined : compileEventTemplate(value);
      rules.push({
        ...{ config, number, when: compiled(config.when) },
        ...{ severity: compiled(config.severity), about: compiled(config.about) },
        ...{ inputs: compileEventTemplate(config.inputs ?? {}), facts: compileEventTemplate(config.facts ?? {}) },
      });
    } catch (error) {
      faults.push(`rule ${number}: ${error instanceof Error ? error.message : 'it cannot be compiled'}`);
    }
  }
  return { rules, faults };
}

/** Whether a condition holds; one that reads what is not there does not. */
export function holds(condition: EventTemplate, scope: JsonObject): boolean {
  try {
    return condition(scope) === true;
  } catch {
    return false;
  }
}

/** The first rule that is for an alert. */
export function ruleFor(rules: readonly Rule[], scope: JsonObject): Rule | undefined {
  return rules.find(({ when }) => when === undefined || holds(when, scope));
}

function failed({ number }: Rule, what: string, cause?: unknown): CodedError {
  const why = cause instanceof Error ? `: ${cause.message.split('\n')[0] ?? ''}` : '';
  return new CodedError('DETECTOR_MAPPING_FAILED', `rule ${number}, \`${what}\`${why}`, { cause });
}

/** Fills a part of a rule. @throws DETECTOR_MAPPING_FAILED */
export function filled(rule: Rule, what: 'inputs' | 'facts', scope: JsonObject): JsonObject {
  try {
    return rule[what](scope) as JsonObject;
  } catch (error) {
    throw failed(rule, what, error);
  }
}

/** How grave an alert is by its rule. @throws DETECTOR_MAPPING_FAILED */
export function severityBy(rule: Rule, scope: JsonObject): Severity {
  let said: Json | undefined;
  try {
    said = rule.severity?.(scope) ?? (scope.severity === '' ? UNSAID : scope.severity);
  } catch (error) {
    throw failed(rule, 'severity', error);
  }
  const severity = severities.find((one) => one === said);
  if (severity === undefined) throw failed(rule, 'severity', new Error(`it is none of ${severities.join(', ')}`));
  return severity;
}

/**
 * What an alert is about: alerts of one subject are one incident. A leaked credential is the same whoever found it, and so is
 * what a rule names; an id is its detector's own.
 *
 * @throws DETECTOR_MAPPING_FAILED where nothing tells.
 */
export function subjectOf(rule: Rule, scope: JsonObject, detector: string): readonly string[] {
  let about: Json | undefined;
  try {
    about = rule.about?.(scope);
  } catch (error) {
    throw failed(rule, 'about', error);
  }
  if (about !== undefined) {
    const text = typeof about === 'number' ? String(about) : about;
    if (typeof text !== 'string' || text === '' || text.length > ABOUT_MAX_CHARS)
      throw failed(rule, 'about', new Error(`it is no text of 1 to ${ABOUT_MAX_CHARS} characters`));
    return text === scope.fingerprint ? credentialSubject(text) : ['about', text];
  }
  if (scope.fingerprint !== '') return credentialSubject(scope.fingerprint as string);
  if (scope.id === '') throw failed(rule, 'about', new Error('the alert has neither a credential nor an id'));
  return ['alert', detector, scope.id as string];
}
