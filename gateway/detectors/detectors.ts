import type { Mode } from '../../contracts/effects.ts';
import { severities, type Severity } from '../../contracts/detectors.ts';
import { CodedError } from '../../contracts/errors.ts';
import { compileEventTemplate, type EventTemplate } from '../../playbooks/event-expressions.ts';
import type { Identity } from '../auth/identity.ts';
import type { DetectorConfig } from './config.ts';
import type { Get } from './port.ts';
import { compileRules, type Rule } from './rules.ts';
import { hearingOf, schemeFaults, type Hearing } from './schemes.ts';

const STARTS_PER_HOUR = 20;

/** A detector at the door. */
export interface Detector {
  readonly config: DetectorConfig;
  readonly hearing: Hearing;
  readonly rules: readonly Rule[];
  readonly sample: EventTemplate | undefined;
  readonly modes: readonly Mode[];
  readonly ceiling: Severity;
  readonly startsPerHour: number;
}

/** By name. */
export type Detectors = ReadonlyMap<string, Detector>;

function faultsOf(config: DetectorConfig): readonly string[] {
  const { playbooks, rules } = config;
  const { faults } = compileRules(rules);
  const beyond = rules
    .map(({ playbook }) => playbook)
    .filter((playbook) => playbook !== undefined && !playbooks.includes(playbook))
    .map((playbook) => `a rule starts ${playbook ?? ''}, which \`playbooks\` does not allow`);
  let sample: readonly string[] = [];
  try {
    compileEventTemplate(config.sample ?? '');
  } catch (error) {
    sample = [`sample: ${error instanceof Error ? error.message : 'it cannot be compiled'}`];
  }
  return [...schemeFaults(config), ...faults, ...beyond, ...sample];
}

/**
 * Makes detectors of their configuration.
 *
 * @param get - reads public keys and certificates.
 * @throws CONFIG_DETECTORS_INVALID naming every fault of every detector.
 */
export function openDetectors(configs: readonly DetectorConfig[], get: Get): Detectors {
  const names = configs.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is listed twice`);
  const faults = [
    ...twice,
    ...configs.flatMap((config) => faultsOf(config).map((fault) => `${config.name}: ${fault}`)),
  ];
  if (faults.length > 0) throw new CodedError('CONFIG_DETECTORS_INVALID', faults.join('; '));
  return new Map(
    configs.map((config) => [
      config.name,
      {
        ...{ config, hearing: hearingOf(config, get), rules: compileRules(config.rules).rules },
        sample: config.sample === undefined ? undefined : compileEventTemplate(config.sample),
        modes: config.modes ?? ['drill'],
        ceiling: config.severity ?? 'high',
        startsPerHour: config.startsPerHour ?? STARTS_PER_HOUR,
      },
    ]),
  );
}

/** Whether a severity lies above another. */
export function isGraver(severity: Severity, ceiling: Severity): boolean {
  return severities.indexOf(severity) > severities.indexOf(ceiling);
}

/** A detector as the doors know who asks: a machine that may start and state, and decide nothing. */
export function identityOf(name: string, { config, modes }: Detector): Identity {
  const key = { name: `detector:${name}`, sha256: '', playbooks: config.playbooks, modes };
  return { id: `detector:${name}`, isMachine: true, roles: ['responder'], key };
}
