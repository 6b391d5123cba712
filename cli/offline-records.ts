import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { CodedError } from '../contracts/errors.ts';
import { offlineLineText, type HandEntry, type HandRecordBody } from '../contracts/hand-records.ts';
import { isJsonObject } from '../contracts/json.ts';

/** What was done by hand, for one incident, as it is said to the gateway. */
export interface Written {
  readonly incident: string;
  readonly record: HandRecordBody;
}

/** A line of an offline file. */
export interface OfflineLine extends Written, HandEntry {
  /** Format. */
  readonly v: 1;
}

const FIRST = '0'.repeat(64);
const OWNER_ONLY = 0o600;

function hashOf({ incident, record, ...place }: Written & Omit<HandEntry, 'hash'>): string {
  return createHash('sha256')
    .update(offlineLineText(incident, record, place))
    .digest('hex');
}

function isLine(value: unknown): value is OfflineLine {
  return (
    isJsonObject(value) &&
    value['v'] === 1 &&
    isJsonObject(value['record']) &&
    ['incident', 'writtenAt', 'prev', 'hash'].every((name) => typeof value[name] === 'string')
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Lines of an offline file, each proven by its hash and by that of the line before.
 *
 * @param path - as it is shown.
 * @throws CLI_RECORDS_BROKEN naming the first line that was changed, left out or moved.
 */
export function offlineLines(text: string, path: string): readonly OfflineLine[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  let prev = FIRST;
  return lines.map((line, index) => {
    const value = parsed(line);
    const where = `${path}:${index + 1}`;
    if (!isLine(value)) throw new CodedError('CLI_RECORDS_BROKEN', `${where} is not a line as \`--offline\` writes it`);
    const { hash } = value;
    if (value.prev !== prev || hashOf(value) !== hash)
      throw new CodedError('CLI_RECORDS_BROKEN', `${where} is not what was written, or the line before it is missing`);
    prev = hash;
    return value;
  });
}

/**
 * Writes a line behind those that are there.
 *
 * @param path - absolute; made where it is missing, for its owner only.
 * @throws CLI_RECORDS_BROKEN, CLI_FILE_UNREADABLE
 */
export async function appendOffline(path: string, { incident, record }: Written, now: Date): Promise<OfflineLine> {
  const there = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'ENOENT') return '';
    throw new CodedError('CLI_FILE_UNREADABLE', `${path} cannot be read`, { cause: error });
  });
  const prev = offlineLines(there, path).at(-1)?.hash ?? FIRST;
  const line = { v: 1, incident, writtenAt: now.toISOString(), record, prev } as const;
  const whole: OfflineLine = { ...line, hash: hashOf(line) };
  const gap = there === '' || there.endsWith('\n') ? '' : '\n';
  try {
    await appendFile(path, `${gap}${JSON.stringify(whole)}\n`, { mode: OWNER_ONLY, flush: true });
  } catch (cause) {
    throw new CodedError('CLI_FILE_UNREADABLE', `${path} cannot be written`, { cause });
  }
  return whole;
}
