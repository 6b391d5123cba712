import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import type { Path, Source } from './intake.ts';
import type { LoadedPlaybook, PlaybookSource, StepSource } from './model.ts';

/** What is left of a playbook whose shape is not good. */
export interface Salvaged {
  readonly loaded: LoadedPlaybook;
  /** Lines whose shape is wrong: what else lint finds there is an echo. */
  readonly faulty: readonly { readonly from: number; readonly to: number }[];
}

/**
 * Takes a playbook with faults of shape for what it is otherwise, so that lint finds everything at once and not one layer
 * after the other. Faulty parts are left out or emptied; positions of steps stay as they are.
 *
 * @param faults - paths at which the shape is wrong.
 * @returns `undefined` where too little is left to say more.
 */
export function salvage(source: Source, faults: readonly Path[]): Salvaged | undefined {
  const { value } = source;
  if (!isJsonObject(value) || !Array.isArray(value.steps)) return undefined;
  const places = new Map(faults.map((path) => [JSON.stringify(path.slice(0, 2)), path.slice(0, 2)]));
  const isFaulty = (...path: Path): boolean => places.has(JSON.stringify(path));
  const kept = (section: string): JsonObject =>
    Object.fromEntries(
      Object.entries(isJsonObject(value[section]) ? value[section] : {}).filter(([name]) => !isFaulty(section, name)),
    );
  const named = Object.keys(isJsonObject(value.roles) ? value.roles : {});
  const playbook = {
    apiVersion: 'firebreak/v1',
    kind: 'Playbook',
    metadata: { name: nameOf(value), title: 'unsound', version: 1 },
    ...(isJsonObject(value.inputs) ? { inputs: value.inputs } : {}),
    roles: Object.fromEntries(named.map((role) => [role, { title: role }])), // a faulty role is declared all the same
    limits: kept('limits'),
    amendments: kept('amendments'),
    steps: (value.steps as readonly Json[]).map((step, index) =>
      isFaulty('steps', index) ? emptied(step, index) : step,
    ),
  } as unknown as PlaybookSource;
  return {
    loaded: { name: playbook.metadata.name, source, playbook },
    faulty: [...places.values()].filter((path) => path.length === 2).map((path) => source.linesOf(path)),
  };
}

function nameOf({ metadata }: JsonObject): string {
  return isJsonObject(metadata) && typeof metadata.name === 'string' ? metadata.name : '';
}

/** What others refer to of a step: its id, what it gives, what it waits for. */
function emptied(step: Json, index: number): StepSource {
  const { id, uses, with: given, needs } = isJsonObject(step) ? step : {};
  const names = Array.isArray(needs) ? needs.filter((need): need is string => typeof need === 'string') : [];
  return {
    id: typeof id === 'string' ? id : `unnamed-${index}`,
    uses: typeof uses === 'string' ? uses : '',
    ...(needs === undefined ? {} : { needs: names }),
    ...(isJsonObject(given) ? { with: given } : {}),
  };
}
