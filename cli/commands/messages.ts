import type { AmendmentBody, FactBody, ResolutionBody, StopBody } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import { factCatalogue, type FactKey } from '../../contracts/facts.ts';
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
  const set = Object.fromEntries(pairs(options.set).map(([key, value]) => [key, factValue(key, value)]));
  const { role, comment } = options;
  const body = { answer, values: { ...fromFile, ...set }, ...given({ role, comment }) } satisfies ResolutionBody;
  await send(session, `/incidents/${incident}/steps/${encodeURIComponent(step)}/resolution`, body);
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
