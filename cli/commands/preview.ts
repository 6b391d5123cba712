import type { EffectsView, IncidentView, Started } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import type { StepStatus } from '../../contracts/messages.ts';
import type { Session } from '../session.ts';
import { errorText, section, shortTime } from '../table.ts';
import { gateText } from './decide.ts';
import { postStart, type StartOptions } from './incidents.ts';

const LOOK_EVERY_MS = 250;

/** A step that will not move any further without people or effects. */
function hasSettled({ state, waitsFor }: StepStatus): boolean {
  return !['running', 'pending'].includes(state) || ['person', 'time', 'needs', 'gate'].includes(waitsFor ?? '');
}

function isSettled({ steps, state }: IncidentView): boolean {
  return (
    state === 'closed' ||
    (steps.length > 0 && steps.every(hasSettled) && steps.some(({ state: at }) => at !== 'pending'))
  );
}

/** An output in a few words: of a dataset its size, of anything else the value; hashes say nothing here. */
function outputText(outputs: JsonObject): string {
  return Object.entries(outputs)
    .filter(([name]) => name !== 'digest')
    .map(([name, value]) => {
      const { count, kind } = isJsonObject(value) ? value : {};
      const isDataset = typeof count === 'number' && typeof kind === 'string';
      return isDataset ? `${name}: ${count} ${kind}` : `${name}: ${JSON.stringify(value)}`;
    })
    .join('; ');
}

/** What would be done, from a run without effects. */
function previewLines(view: IncidentView, { effects }: EffectsView): readonly string[] {
  const gates = view.gates.filter(({ kind }) => kind === 'approval');
  const asking = gates.filter(({ roles }) => roles.length > 0);
  const unasked = gates.filter(({ roles }) => roles.length === 0);
  const read = view.steps.filter(({ outputs }) => outputs !== undefined && Object.keys(outputs).length > 0);
  return [
    `${view.incident}: preview of ${view.playbook}, plan ${view.planHash}; nothing was done outside`,
    ...section(
      'What was read',
      read.map(({ id, uses, outputs = {} }) => `${id} [${uses}]: ${outputText(outputs)}`),
    ),
    ...asking.flatMap((gate) => ['', ...gateText(gate).map((line) => line.replace(/^digest {4}/, 'forecast  '))]),
    ...section(
      'What would be done without asking',
      unasked.map(({ step, question, shows }) => `${step}: ${question.replace(/\?$/, '')}; ${shows.targets} targets`),
    ),
    ...section(
      'Who would be asked',
      view.asks.map(({ step, of, text }) => `${step}: ${of}: ${text}`),
    ),
    ...section(
      'Clocks',
      view.obligations.map(
        ({ title, state, dueAt }) => `${title}: ${state}${dueAt === undefined ? '' : `, due ${shortTime(dueAt)}`}`,
      ),
    ),
    ...section(
      'Effects (none is expected)',
      Object.entries(effects).map(([action, counts]) => `${action}: ${JSON.stringify(counts)}`),
    ),
    ...section(
      'Trouble',
      view.steps.flatMap(({ id, error }) => (error ? [`${id}: ${errorText(error)}`] : [])),
    ),
  ];
}

/** `firebreak playbook preview`: starts in mode `preview`, waits until nothing moves, prints what would be done. */
export async function preview(
  session: Session,
  playbook: string,
  options: Omit<StartOptions, 'mode'> & { readonly within: string },
): Promise<void> {
  const withinMs = Number(options.within) * 1_000;
  if (!(withinMs > 0)) throw new CodedError('CLI_USAGE', '--within is a number of seconds');
  const { incident }: Started = await postStart(session, playbook, { ...options, mode: 'preview' });
  const deadline = Date.now() + withinMs;
  for (let quiet = 0; ;) {
    const view = await session.api.get<IncidentView>(`/incidents/${incident}`);
    quiet = isSettled(view) ? quiet + 1 : 0;
    if (quiet >= 2 || Date.now() > deadline) {
      const effects = await session.api.get<EffectsView>(`/incidents/${incident}/effects`);
      session.show({ ...view, ...effects }, () => previewLines(view, effects));
      return;
    }
    await session.terminal.pause(LOOK_EVERY_MS);
  }
}
