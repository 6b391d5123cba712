import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CodedError } from '../../contracts/errors.ts';
import type { HandEvidence, HandRecordBody, HandRecorded } from '../../contracts/hand-records.ts';
import { isIncidentId } from '../../contracts/ids.ts';
import { instantTextMs } from '../../contracts/instant-text.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import { readGiven } from '../given-values.ts';
import { appendOffline, offlineLines, type OfflineLine } from '../offline-records.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

/** Options of `record`. */
export interface RecordOptions {
  readonly step?: string;
  readonly subject?: string;
  readonly count?: string;
  readonly at?: string;
  readonly by?: string;
  readonly evidence?: string;
  readonly offline?: string;
  readonly import?: string;
}

const CLOCKS_DIFFER_MS = 5 * 60_000;

/** Hash of a file that shows what was done; the file stays where it is. @throws CLI_FILE_UNREADABLE */
async function evidenceOf(session: Session, path: string): Promise<HandEvidence> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(resolve(session.terminal.folder, path))) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).byteLength;
    }
  } catch (cause) {
    throw new CodedError('CLI_FILE_UNREADABLE', `${path} cannot be read`, { cause });
  }
  return { name: basename(path), sha256: hash.digest('hex'), bytes };
}

function timeOf(text: string | undefined): string {
  if (text === undefined || text === 'now') return new Date().toISOString();
  const ms = instantTextMs(text);
  if (ms === undefined)
    throw new CodedError('CLI_USAGE', `--at is a time such as 2026-05-04T10:00:00Z, or now; not ${text.slice(0, 40)}`);
  if (ms > Date.now() + CLOCKS_DIFFER_MS) throw new CodedError('CLI_USAGE', `--at ${text} lies in the future`);
  return text;
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new CodedError('CLI_USAGE', '--count is a whole number from 1');
  return Number(text);
}

/** What was done, as it is said to the gateway, checked as far as that can be done without one. */
async function recordOf(session: Session, text: string, options: RecordOptions): Promise<HandRecordBody> {
  const { step, subject, by } = options;
  if (subject !== undefined && options.count !== undefined)
    throw new CodedError('CLI_USAGE', 'give one of --subject (one target) and --count (how many)');
  if (scrubTokens(text) !== text)
    throw new CodedError('GATEWAY_SECRET_IN_TEXT', 'the text holds what is shaped like a credential');
  const count = countOf(options.count);
  return {
    ...{ text, at: timeOf(options.at) },
    ...(by === undefined ? {} : { by }),
    ...(step === undefined ? {} : { step }),
    ...(subject === undefined ? {} : { subject }),
    ...(count === undefined ? {} : { count }),
    ...(options.evidence === undefined ? {} : { evidence: await evidenceOf(session, options.evidence) }),
  };
}

function post(session: Session, incident: string, record: HandRecordBody, key: string): Promise<HandRecorded> {
  return session.api.post<HandRecorded>(`/incidents/${incident}/hand-records`, record, key);
}

/** Brings the lines of an offline file in, each once: its hash is the key of the act. */
async function bringIn(session: Session, path: string): Promise<void> {
  const lines = offlineLines(await readGiven(path, session.terminal), path);
  const brought: (HandRecorded & { readonly line: OfflineLine })[] = [];
  for (const line of lines) {
    const { incident, record: said, hash, prev, writtenAt } = line;
    const body = { ...said, entry: { hash, prev, writtenAt } };
    brought.push({ ...(await post(session, incident, body, `offline-${hash}`)), line });
  }
  const fresh = brought.filter(({ isNew }) => isNew).length;
  session.show(
    { records: brought.map(({ line, ...recorded }) => ({ ...recorded, entry: line.hash })), new: fresh },
    () => [
      ...table(
        ['INCIDENT', 'DONE AT', 'STEP', 'ON RECORD', 'WHAT'],
        brought.map(({ incident, isNew, line: { record } }) => [
          ...[incident, record.at, record.step ?? '', isNew ? 'now' : 'before', record.text],
        ]),
        session.width,
      ),
      `${lines.length} lines, ${fresh} new`,
    ],
  );
}

/** `firebreak record`: puts on record what was done by hand; into a file while everything is dead, and from it later. */
export async function record(
  session: Session,
  incident: string | undefined,
  text: string | undefined,
  options: RecordOptions,
): Promise<void> {
  if (options.import !== undefined) {
    if (incident !== undefined || options.offline !== undefined)
      throw new CodedError('CLI_USAGE', '--import takes a file and nothing else: its lines name their incidents');
    await bringIn(session, options.import);
    return;
  }
  if (incident === undefined || text === undefined)
    throw new CodedError('CLI_USAGE', 'give the incident and what was done, or --import FILE');
  if (!isIncidentId(incident)) throw new CodedError('CLI_USAGE', 'an incident id looks like INC-2026-0042');
  const said = await recordOf(session, text, options);
  if (options.offline !== undefined) {
    if (said.by === undefined) throw new CodedError('CLI_USAGE', '--offline needs --by: nobody has said who you are');
    const line = await appendOffline(
      resolve(session.terminal.folder, options.offline),
      { incident, record: said },
      new Date(),
    );
    session.show(line, () => [
      `written to ${options.offline!}, hash ${line.hash.slice(0, 16)}`,
      `bring it in once the gateway answers: firebreak record --import ${options.offline!}`,
    ]);
    return;
  }
  const recorded = await post(session, incident, said, session.newKey());
  session.show(recorded, () => [
    recorded.isNew ? 'on record' : 'it was on record already',
    ...(said.step === undefined
      ? []
      : [
          `the run does not know it: if step ${said.step} waits or failed, say so with firebreak resolve ${incident} ${said.step}`,
        ]),
  ]);
}
