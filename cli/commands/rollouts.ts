import type {
  RolloutOrderBody,
  RolloutRateBody,
  RolloutRetryBody,
  RolloutView,
  TargetList,
} from '../../contracts/rollout-api.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { Receipt, RetryState } from '../../contracts/messages.ts';
import type { Session } from '../session.ts';
import { section, table } from '../table.ts';

const SHOWN_MAX = 5_000;
const DIGEST_CHARS_MIN = 12; // 48 bits: nobody meets another list by accident

/** What every order takes. */
export interface OrderOptions {
  readonly reason: string;
  readonly role?: string;
}

async function order(session: Session, incident: string, path: string, body: RolloutOrderBody): Promise<void> {
  const receipt = await session.api.post<Receipt>(`/incidents/${incident}${path}`, body, session.newKey());
  session.show(receipt, () => [receipt.effect]);
}

function pathOf(step: string, word: string): string {
  return `/steps/${encodeURIComponent(step)}/rollout/${word}`;
}

function bodyOf({ reason, role }: OrderOptions): RolloutOrderBody {
  return { reason, ...(role === undefined ? {} : { role }) };
}

/** Seconds as people say them. */
function lasting(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.ceil((seconds % 3_600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : seconds > 90 ? `${minutes} min` : `${seconds} s`;
}

/** Rollouts as people read them: how far, how fast, how long, what keeps the rest. */
export function rolloutLines(rollouts: readonly RolloutView[]): readonly string[] {
  return table(
    ['STEP', 'STATE', 'DONE', 'A MINUTE', 'LEFT', 'COUNTS', 'WAITS'],
    rollouts.map(({ step, visit, state, targets, done, perMinute, secondsLeft, counts, reasons }) => [
      visit === 1 ? step : `${step}#${visit}`,
      state,
      `${done} of ${targets}`,
      state === 'ended' ? '' : String(perMinute),
      secondsLeft === undefined ? '' : lasting(secondsLeft),
      listOf(counts),
      done === targets ? '' : listOf(reasons),
    ]),
  );
}

function listOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

/** `firebreak rollout list`. */
export async function list(session: Session, incident: string): Promise<void> {
  const { rollouts } = await session.api.get<{ rollouts: readonly RolloutView[] }>(`/incidents/${incident}/rollouts`);
  session.show(rollouts, () => rolloutLines(rollouts));
}

/** `firebreak rollout pause` and `resume`. */
export async function pauseOrResume(
  session: Session,
  incident: string,
  step: string,
  word: 'pause' | 'resume',
  options: OrderOptions,
): Promise<void> {
  await order(session, incident, pathOf(step, word), bodyOf(options));
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new CodedError('CLI_USAGE', `--${name} is a whole number`);
  return Number(text);
}

/** `firebreak rollout rate`. */
export async function rate(
  session: Session,
  incident: string,
  step: string,
  options: OrderOptions & { readonly window?: string; readonly perMinute?: string },
): Promise<void> {
  const [window, perMinute] = [whole('window', options.window), whole('per-minute', options.perMinute)];
  if (window === undefined && perMinute === undefined)
    throw new CodedError('CLI_USAGE', 'give --window, --per-minute or both');
  const body: RolloutRateBody = {
    ...bodyOf(options),
    ...(window === undefined ? {} : { window }),
    ...(perMinute === undefined ? {} : { perMinute }),
  };
  await order(session, incident, pathOf(step, 'rate'), body);
}

/** Targets that a retry would act on, as the person who decides reads them. */
export function targetLines(step: string, { total, digest, targets }: TargetList): readonly string[] {
  const unclear = targets.filter(({ state }) => state === 'unknown').length;
  return [
    `${total} targets of ${step}`,
    ...table(
      ['SUBJECT', 'STATE', 'CODE'],
      targets.map(({ subject, state, code = '' }) => [subject, state, code]),
    ),
    ...(targets.length < total ? [`and ${total - targets.length} more`] : []),
    `digest    ${digest}`,
    ...section(
      'To know',
      unclear === 0 ? [] : [`${unclear} are unknown: what was done may have arrived, and would be done twice`],
    ),
  ];
}

/** Makes sure that a person, or a script that was told the digest, has seen the list. @throws CLI_NOT_CONFIRMED, ROLLOUT_LIST_UNSEEN */
async function confirm(
  session: Session,
  { total, digest }: TargetList,
  { yes = false, digest: seen }: { readonly yes?: boolean; readonly digest?: string },
): Promise<void> {
  if (seen !== undefined && (seen.length < DIGEST_CHARS_MIN || !digest.startsWith(seen)))
    throw new CodedError('ROLLOUT_LIST_UNSEEN', `the list is another one than ${seen.slice(0, DIGEST_CHARS_MIN)}`);
  if (yes && seen !== undefined) return;
  if (yes || !session.terminal.isTerminal)
    throw new CodedError('CLI_NOT_CONFIRMED', `the list of ${total} targets has the digest ${digest}`);
  const said = await session.terminal.ask(`retry ${total} targets? Type yes: `);
  if (said.trim().toLowerCase() !== 'yes') throw new CodedError('CLI_NOT_CONFIRMED', 'nothing is retried');
}

/** `firebreak rollout retry`: shows what would be acted on again, asks, and binds the order to exactly that. */
export async function retry(
  session: Session,
  incident: string,
  step: string,
  options: OrderOptions & { readonly states?: string; readonly digest?: string; readonly yes?: boolean },
): Promise<void> {
  const states = options.states?.split(',').map((word) => word.trim());
  const query = `limit=${SHOWN_MAX}${states === undefined ? '' : `&states=${encodeURIComponent(states.join(','))}`}`;
  const found = await session.api.get<TargetList>(
    `/incidents/${incident}/steps/${encodeURIComponent(step)}/targets?${query}`,
  );
  if (found.total > 0) {
    if (!session.isJson) session.terminal.write(`${targetLines(step, found).join('\n')}\n\n`);
    await confirm(session, found, options);
  }
  const body: RolloutRetryBody = {
    ...{ ...bodyOf(options), list: found.digest },
    ...(states === undefined ? {} : { states: states as readonly RetryState[] }), // the door says which there are
  };
  await order(session, incident, pathOf(step, 'retry'), body);
}
