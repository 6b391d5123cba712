import type { IncidentSummary, Started, StartBody } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { Mode } from '../../contracts/effects.ts';
import { pairs, readCredentials, readObject, typedValue } from '../given-values.ts';
import type { Session } from '../session.ts';
import { shortTime, table } from '../table.ts';
import { watchStatus } from './status.ts';

/** Options of `start`. */
export interface StartOptions {
  readonly input: readonly string[];
  readonly inputs?: string;
  readonly mode: string;
  readonly role: readonly string[];
  readonly credentials?: string;
  readonly watch?: boolean;
}

const MODES: readonly Mode[] = ['live', 'drill', 'preview'];

function modeOf(text: string): Mode {
  const mode = MODES.find((one) => one === text);
  if (!mode) throw new CodedError('CLI_USAGE', `--mode is one of ${MODES.join(', ')}`);
  return mode;
}

/** Starts an incident, or joins the one of the same key. @throws CLI_USAGE for a file: the gateway starts what it has */
export async function postStart(session: Session, playbook: string, options: StartOptions): Promise<Started> {
  const { terminal } = session;
  if (/\.ya?ml$|[/\\]/.test(playbook))
    throw new CodedError(
      'CLI_USAGE',
      `${playbook.slice(0, 80)} is a file; give the name of a playbook that the gateway has (\`firebreak playbook list\`), and look at a file with \`firebreak playbook lint\` and \`explain\``,
    );
  const fromFile = options.inputs === undefined ? {} : await readObject(options.inputs, terminal);
  const typed = pairs(options.input).map(([key, value]) => [key, typedValue(value)] as const);
  const body: StartBody = {
    playbook,
    mode: modeOf(options.mode),
    inputs: { ...fromFile, ...Object.fromEntries(typed) },
    roles: Object.fromEntries(pairs(options.role).map(([role, ids]) => [role, ids.split(',')])),
    ...(options.credentials === undefined ? {} : { credentials: await readCredentials(options.credentials, terminal) }),
  };
  const key = session.newKey();
  if (!session.isJson) terminal.warn(`key ${key} (repeat safely with --repeat)\n`);
  return session.api.post<Started>('/incidents', body, key);
}

/** `firebreak start`. */
export async function start(session: Session, playbook: string, options: StartOptions): Promise<void> {
  const started = await postStart(session, playbook, options);
  const { incident, joined, planHash } = started;
  session.show(started, () => [
    `${incident} ${joined ? 'runs already: joined' : 'started'}, plan ${planHash.slice(0, 16)}`,
    `look: firebreak status ${incident}`,
  ]);
  if (options.watch) await watchStatus(session, incident);
}

/** `firebreak list`. */
export async function list(
  session: Session,
  { limit, before }: { readonly limit: string; readonly before?: string },
): Promise<void> {
  const query = new URLSearchParams({ limit, ...(before === undefined ? {} : { before }) });
  const answer = await session.api.get<{ readonly incidents: readonly IncidentSummary[]; readonly next?: string }>(
    `/incidents?${query.toString()}`,
  );
  session.show(answer, () => {
    const rows = answer.incidents.map(({ incident, state, mode, playbook, openedAt, requester }) => [
      ...[incident, state, mode, playbook],
      ...[shortTime(openedAt), requester],
    ]);
    return rows.length === 0
      ? ['no incidents']
      : [
          ...table(['INCIDENT', 'STATE', 'MODE', 'PLAYBOOK', 'OPENED', 'BY'], rows, session.width),
          ...(answer.next === undefined ? [] : [`older ones: firebreak list --before ${answer.next}`]),
        ];
  });
}
