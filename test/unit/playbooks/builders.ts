import { stringify } from 'yaml';
import { actionCatalogue } from '../../../contracts/catalogue.ts';
import type { ConnectorTraits } from '../../../contracts/effects.ts';
import type { Diagnostic } from '../../../playbooks/diagnostic.ts';
import type { Library, LibraryText } from '../../../playbooks/library.ts';
import { lintText } from '../../../playbooks/lint.ts';
import { loadPlaybook } from '../../../playbooks/load.ts';
import type { Surroundings } from '../../../playbooks/surroundings.ts';

/** Surroundings without a configuration. */
export const bare: Surroundings = { catalogue: actionCatalogue, today: '2026-11-24' };

/** Traits of a connector that can look and cannot take back, unless told otherwise. */
export function traits(changes: Partial<ConnectorTraits> = {}): ConnectorTraits {
  return {
    name: 'http-issuer',
    effect: 'idempotent',
    checks: true,
    notifiesOwner: false,
    reversible: false,
    needsRawValue: false,
    effectDelayMaxMs: 0,
    endsSessions: false,
    longestRequestMs: 5_000,
    ...changes,
  };
}

/** A step as data. */
export type StepData = Readonly<Record<string, unknown>> & { readonly id: string; readonly uses: string };

/** Inputs that the built playbooks take. */
const inputs = {
  type: 'object',
  additionalProperties: false,
  required: ['store', 'targets'],
  properties: {
    store: { type: 'string', maxLength: 64 },
    note: { type: 'string', maxLength: 64 },
    days: { type: 'integer' },
    rate: { type: 'number' },
    mode: { enum: ['authority', 'law-enforcement'] },
    grace: { $ref: 'firebreak:duration' },
    since: { $ref: 'firebreak:when' },
    targets: { $ref: 'firebreak:dataset' },
  },
};

/** YAML of a playbook with these steps, and whatever else is given. */
export function playbookYaml(
  steps: readonly StepData[],
  head: Readonly<Record<string, unknown>> = {},
  name = 'built',
): string {
  return stringify(
    {
      apiVersion: 'firebreak/v1',
      kind: 'Playbook',
      metadata: { name, title: 'Built', version: 1 },
      inputs,
      roles: { commander: { title: 'Incident commander', required: true }, privacy: { title: 'Privacy counsel' } },
      ...head,
      steps,
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

/** A library of YAML texts. @throws Error for one whose shape is not good. */
export function libraryOf(yamls: readonly string[], texts: readonly LibraryText[] = []): Library {
  const playbooks = yamls.map((yaml, index) => {
    const { loaded, diagnostics } = loadPlaybook(yaml, `built-${index}.yaml`);
    if (!loaded) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
    return [loaded.name, loaded] as const;
  });
  return { playbooks: new Map(playbooks), texts, diagnostics: [] };
}

/** Lints a playbook of these steps by itself. */
export function lintSteps(
  steps: readonly StepData[],
  options: {
    readonly head?: Readonly<Record<string, unknown>>;
    readonly surroundings?: Surroundings;
    readonly library?: Library;
  } = {},
): readonly Diagnostic[] {
  const { head, surroundings = bare, library = libraryOf([]) } = options;
  return lintText(playbookYaml(steps, head), 'built.yaml', library, surroundings);
}

/** Codes of diagnostics, in order. */
export function codesOf(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ code }) => code);
}

/** A revocation of the inputs' targets, approved, with its proof. */
export function revocation(changes: Readonly<Record<string, unknown>> = {}): readonly StepData[] {
  return [
    {
      id: 'contain',
      uses: 'credentials.revoke',
      forEach: '${{ inputs.targets }}',
      approval: { any: ['commander'], within: 'PT15M' },
      ...changes,
    },
    { id: 'prove', uses: 'credentials.verify', forEach: '${{ inputs.targets }}' },
  ];
}
