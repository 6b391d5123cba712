import type { AmendmentBody, FactBody, IncidentView, ResolutionBody, StopBody } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import { factCatalogue, type FactKey } from '../../contracts/facts.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { Receipt } from '../../contracts/messages.ts';
import { factValue, pairs, readObject, typedValue } from '../given-values.ts';
import type { Session } from '../session.ts';

const ANSWERS = ['done', 'retry', 'skip', 'mark-done', 'stop'] as const;

async function send(session: Session, path: string, body: object): Promise<void> {
  const receipt = await session.api.post<Receipt>(path, body, session.newKey());
  session.show(receipt, () => [receipt.effect]);
}

/** Only what was given. */
function given(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** `firebreak fact`. */
export async function fact(
  session: Session,
  incident: string,
  key: string,
  value: string,
  { decided = false, proposed = false }: { readonly decided?: boolean; readonly proposed?: boolean },
): Promise<void> {
  if (!Object.hasOwn(factCatalogue, key))
    throw new CodedError('FACT_UNKNOWN', `facts are ${Object.keys(factCatalogue).join(', ')}`);
  const confidence = decided ? 'decided' : proposed ? 'proposed' : 'stated';
  const body: FactBody = { key: key as FactKey, value: factValue(key, value), confidence };
  await send(session, `/incidents/${incident}/facts`, body);
}

/** `firebreak resolve`: answers a question to people, or decides on a failed step. */
export async function resolveStep(
  session: Session,
  incident: string,
  step: string,
  options: {
    readonly answer: string;
    readonly set: readonly string[];
    readonly values?: string;
    readonly role?: string;
    readonly comment?: string;
  },
): Promise<void> {
  const answer = ANSWERS.find((one) => one === options.answer);
  if (!answer) throw new CodedError('CLI_USAGE', `--answer is one of ${ANSWERS.join(', ')}`);
  const fromFile = options.values === undefined ? {} : await readObject(options.values, session.terminal);
  const set = await setValues(session, incident, step, answer === 'done' ? pairs(options.set) : []);
  const { role, comment } = options;
  const body = { answer, values: { ...fromFile, ...set }, ...given({ role, comment }) } satisfies ResolutionBody;
  await send(session, `/incidents/${incident}/steps/${encodeURIComponent(step)}/resolution`, body);
}

/**
 * Values as people type them. A step by hand that sets a fact takes it under the fact's own key, as `status` shows it, or
 * as `value`.
 */
async function setValues(
  session: Session,
  incident: string,
  step: string,
  set: readonly (readonly [string, string])[],
): Promise<JsonObject> {
  if (set.length === 0) return {};
  const { asks, steps } = await session.api.get<IncidentView>(`/incidents/${incident}`);
  const isByHand = steps.find(({ id }) => id === step)?.uses === 'manual';
  const fact = isByHand ? asks.find((ask) => ask.step === step)?.wants[0] : undefined;
  const entries = set.map(([key, value]): readonly [string, Json] =>
    fact !== undefined && (key === fact || key === 'value')
      ? ['value', factValue(fact, value)]
      : [key, factValue(key, value)],
  );
  return Object.fromEntries(entries);
}

/** Options of `firebreak amend`. */
export interface AmendOptions {
  readonly run?: string;
  readonly skip?: string;
  readonly undo: readonly string[];
  readonly input: readonly string[];
  readonly inputs?: string;
  readonly reason: string;
  readonly role?: string;
}

/** `firebreak amend`. */
export async function amend(session: Session, incident: string, options: AmendOptions): Promise<void> {
  const { run, skip, reason, role } = options;
  const undo = options.undo.length === 0 ? undefined : options.undo;
  if ([run, skip, undo].filter((one) => one !== undefined).length !== 1)
    throw new CodedError('CLI_USAGE', 'give one of --run, --skip and --undo');
  const fromFile = options.inputs === undefined ? {} : await readObject(options.inputs, session.terminal);
  const typed = pairs(options.input).map(([key, value]) => [key, typedValue(value)] as const);
  const inputs = run === undefined ? undefined : { ...fromFile, ...Object.fromEntries(typed) };
  const body = { reason, ...given({ run, skip, undo, role, inputs }) } satisfies AmendmentBody;
  await send(session, `/incidents/${incident}/amendments`, body);
}

/** `firebreak stop` and `resume`. */
export async function steer(
  session: Session,
  incident: string,
  verb: 'stop' | 'resume',
  { step, reason, role }: { readonly step?: string; readonly reason: string; readonly role?: string },
): Promise<void> {
  const body = { reason, ...given({ step, role }) } satisfies StopBody;
  await send(session, `/incidents/${incident}/${verb}`, body);
}
