import type { DecisionBody, IncidentView } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { GateStatus, Receipt } from '../../contracts/messages.ts';
import type { Session } from '../session.ts';
import { signingKeyPath, signWith } from '../signing-key.ts';
import { section, shortTime } from '../table.ts';

/** Options of `approve`, `reject` and `decide`. */
export interface DecideOptions {
  readonly gate?: string;
  readonly digest?: string;
  readonly role?: string;
  readonly comment?: string;
  readonly yes?: boolean;
  readonly breakGlass?: boolean;
  /** Key file to sign with. */
  readonly sign?: string;
}

const DIGEST_CHARS_MIN = 12; // 48 bits: nobody meets another gate by accident

const SIGNATURE_ASKED = 'signature each yes has to be signed with the own key of who says it';

/** What a gate lets through, as the person who decides reads it. */
export function gateText(gate: GateStatus): readonly string[] {
  const { shows, rule, roles, quorum, digest } = gate;
  const samples = shows.variants.flatMap(({ name, count, sample }) => [
    `${count} x ${name}`,
    ...sample.split('\n').map((line) => `  | ${line}`),
  ]);
  return [
    `Gate ${gate.id} (${gate.kind})`,
    gate.question,
    `targets   ${shows.targets}`,
    ...(shows.connector === undefined ? [] : [`connector ${shows.connector}`]),
    `asks      ${rule === 'all' ? roles.join(' and ') : `${quorum} of ${roles.join(', ')}`}, until ${shortTime(gate.expiresAt)}`,
    `digest    ${digest}`,
    ...(gate.secondFactor === true ? [SIGNATURE_ASKED] : []),
    ...section('Variants', samples),
    ...section('To know', shows.notes),
    ...section(
      'Answers',
      gate.answers.map(
        ({ by, role, answer, at, factor }) =>
          `${shortTime(at)} ${by} (${role}) ${answer}s${factor === undefined ? '' : ', signed'}`,
      ),
    ),
  ];
}

/** The gate that is meant. @throws CLI_GATE_AMBIGUOUS, GATE_CLOSED, GATE_UNKNOWN */
function findGate(view: IncidentView, wanted: string | undefined): GateStatus {
  const open = view.gates.filter(({ state }) => state === 'open');
  const [first, second] = wanted === undefined ? open : named(open, wanted);
  if (first && !second) return first;
  const ids = open.map(({ id }) => id).join(', ') || 'none';
  if (wanted === undefined || second)
    throw new CodedError('CLI_GATE_AMBIGUOUS', `open gates of ${view.incident}: ${ids}`);
  const closed = named(view.gates, wanted).at(-1);
  if (closed) throw new CodedError('GATE_CLOSED', `gate ${closed.id} ${endOf(closed)}`);
  throw new CodedError('GATE_UNKNOWN', `${view.incident} has no gate ${wanted.slice(0, 80)}; open: ${ids}`);
}

/** Gates of an id; where there is none, those that it abbreviates: `round/contain#1` or `round/contain`. */
function named(gates: readonly GateStatus[], wanted: string): readonly GateStatus[] {
  const exact = gates.filter(({ id }) => id === wanted);
  return exact.length > 0
    ? exact
    : gates.filter(({ id }) => id.startsWith(`${wanted}:`) || id.startsWith(`${wanted}#`));
}

/** How a gate that is not open any more was left. */
function endOf({ state, answers }: GateStatus): string {
  const last = answers.at(-1);
  return last === undefined ? `is ${state}` : `is ${state}: decided by ${last.by} at ${shortTime(last.at)}`;
}

/** Makes sure that a person, or a script that was told the digest, has seen what is decided on. @throws CLI_USAGE, CLI_NOT_CONFIRMED, GATE_STALE */
async function confirm(
  session: Session,
  { id, digest }: GateStatus,
  answer: string,
  options: DecideOptions,
): Promise<void> {
  const { terminal } = session;
  const seen = options.digest;
  if (seen !== undefined && seen.length < DIGEST_CHARS_MIN)
    throw new CodedError('CLI_USAGE', `--digest takes at least ${DIGEST_CHARS_MIN} characters of what you saw`);
  if (seen !== undefined && !digest.startsWith(seen))
    throw new CodedError('GATE_STALE', `gate ${id} shows something else than ${seen.slice(0, DIGEST_CHARS_MIN)}`);
  if (options.yes && seen !== undefined) return;
  if (options.yes || !terminal.isTerminal)
    throw new CodedError('CLI_NOT_CONFIRMED', `gate ${id} has the digest ${digest}`);
  const said = await terminal.ask(`${answer} gate ${id}? Type yes: `);
  if (said.trim().toLowerCase() !== 'yes') throw new CodedError('CLI_NOT_CONFIRMED', 'nothing was decided');
}

/** The signature of who decides, where the gate asks for one or a key was named. @throws CLI_SIGNING_KEY */
function signatureOn(
  { terminal }: Session,
  { incident, planHash }: IncidentView,
  gate: GateStatus,
  answer: 'approve' | 'reject',
  { sign, breakGlass = false }: DecideOptions,
): string | undefined {
  const isAsked = gate.secondFactor === true && answer === 'approve';
  if (!isAsked && sign === undefined) return undefined;
  const statement = { incident, planHash, gate: gate.id, digest: gate.digest, answer, breakGlass };
  return signWith(signingKeyPath(terminal, sign), statement);
}

/** `firebreak approve` and `reject`: shows what the gate lets through, asks, sends the decision on exactly that. */
export async function decide(
  session: Session,
  incident: string,
  answer: 'approve' | 'reject',
  options: DecideOptions,
): Promise<void> {
  const view = await session.api.get<IncidentView>(`/incidents/${incident}`);
  const gate = findGate(view, options.gate);
  const { role, comment, breakGlass } = options;
  if (!session.isJson) session.terminal.write(`${gateText(gate).join('\n')}\n\n`);
  await confirm(session, gate, answer, options);
  const signature = signatureOn(session, view, gate, answer, options);
  const body: DecisionBody = {
    ...{ gate: gate.id, digest: gate.digest, answer },
    ...(role === undefined ? {} : { role }),
    ...(comment === undefined ? {} : { comment }),
    ...(breakGlass === true ? { breakGlass } : {}),
    ...(signature === undefined ? {} : { signature }),
  };
  const receipt = await session.api.post<Receipt>(`/incidents/${incident}/decisions`, body, session.newKey());
  session.show(receipt, () => [receipt.effect]);
}

/** `firebreak gate`: shows a gate without deciding. */
export async function showGate(session: Session, incident: string, gate: string | undefined): Promise<void> {
  const found = findGate(await session.api.get<IncidentView>(`/incidents/${incident}`), gate);
  session.show(found, () => gateText(found));
}
