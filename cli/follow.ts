import type { Timeline } from '../contracts/api.ts';
import { errorEntry, isErrorCode } from '../contracts/errors.ts';
import { isJsonObject } from '../contracts/json.ts';
import type { JournalRecord } from '../contracts/journal.ts';
import type { Api } from './api.ts';
import { EventReader } from './event-stream.ts';
import { shownError } from './refusal.ts';

const PAGE = 200;
const LOOK_EVERY_MS = 1_000;
const SILENCE_MAX_MS = 60_000; // a stream that says nothing for so long, no comment either, is dead without having said so
const AGAIN_FIRST_MS = 500;
const AGAIN_MAX_MS = 5_000;
const END = 'end'; // the event after the last record of a closed incident
const NO_SUCH_ROUTE = 'GATEWAY_NOT_FOUND'; // a gateway of an earlier version has no stream

/** How a journal is followed. */
export interface FollowOptions {
  /** Only records after this one. */
  readonly after: number;
  /** Waits. */
  readonly pause: (ms: number) => Promise<void>;
  /** Told once when the gateway stops answering; it is asked again. */
  readonly onTrouble: (why: string) => void;
  /** Told when it answers again. */
  readonly onBack: () => void;
}

function isRecord(value: unknown): value is JournalRecord {
  return isJsonObject(value) && typeof value['seq'] === 'number' && typeof value['kind'] === 'string';
}

/** Whether the same question may be answered later: the gateway is away, restarts, or is asked too often. */
export function mayPass(error: unknown): boolean {
  const { code } = shownError(error);
  return isErrorCode(code) && errorEntry(code).kind === 'retryable';
}

/** What a reader gave, or nothing after so long. */
async function within<Read>(reading: Promise<Read>, ms: number): Promise<Read | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tick = new Promise<undefined>((told) => (timer = setTimeout(() => told(undefined), ms)));
  try {
    return await Promise.race([reading, tick]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a stream brings: records, nothing for a moment, or word that nothing follows any more. */
type Batch = readonly JournalRecord[] | 'over';

/** Records as the gateway sends them. Ends when the gateway ends the stream, which means nothing but that. */
async function* streamed(api: Api, incident: string, after: number): AsyncGenerator<Batch> {
  const given = new AbortController();
  const stream = await api.events(`/incidents/${incident}/events`, after, given.signal);
  if (!stream) {
    yield 'over';
    return;
  }
  const reader = stream.getReader();
  const events = new EventReader();
  try {
    let [reading, heardAt] = [reader.read(), Date.now()];
    for (;;) {
      const chunk = await within(reading, LOOK_EVERY_MS);
      if (!chunk) {
        if (Date.now() - heardAt > SILENCE_MAX_MS) return;
        yield [];
        continue;
      }
      if (chunk.done) return;
      [reading, heardAt] = [reader.read(), Date.now()];
      const arrived = events.take(chunk.value);
      const told = arrived.filter(({ event }) => event !== END);
      yield told.map(({ data }): unknown => JSON.parse(data)).filter(isRecord);
      if (told.length < arrived.length) yield 'over';
    }
  } finally {
    given.abort();
  }
}

/** Records as they are asked for, page after page. */
async function* polled(api: Api, incident: string, from: number, pause: FollowOptions['pause']): AsyncGenerator<Batch> {
  for (let after = from; ;) {
    const { records } = await api.get<Timeline>(`/incidents/${incident}/timeline?after=${after}&limit=${PAGE}`);
    after = records.at(-1)?.seq ?? after;
    yield records;
    if (records.length < PAGE) await pause(LOOK_EVERY_MS);
  }
}

/**
 * Follows an incident's journal: each record once and in order, through restarts of the gateway and losses of the line.
 *
 * @returns batches, until nothing follows any more; an empty one about once a second while nothing happens.
 * @throws what the gateway refuses for good; one that does not answer is asked again.
 */
export async function* followJournal(
  api: Api,
  incident: string,
  { after, pause, onTrouble, onBack }: FollowOptions,
): AsyncGenerator<readonly JournalRecord[]> {
  let [seen, hasStream, failures] = [after, true, 0];
  for (;;) {
    try {
      for await (const records of hasStream ? streamed(api, incident, seen) : polled(api, incident, seen, pause)) {
        if (failures > 0) onBack();
        failures = 0;
        if (records === 'over') return;
        const fresh = records.filter(({ seq }) => seq > seen);
        seen = fresh.at(-1)?.seq ?? seen;
        yield fresh;
      }
    } catch (error) {
      if (hasStream && shownError(error).code === NO_SUCH_ROUTE) {
        hasStream = false;
        continue;
      }
      const isBroken = error instanceof TypeError || error instanceof SyntaxError; // the line broke inside of the stream
      if (!isBroken && !mayPass(error)) throw error;
      failures += 1;
      if (failures === 1) onTrouble(shownError(error).what);
    }
    await pause(Math.min(AGAIN_FIRST_MS * 2 ** Math.max(failures - 1, 0), AGAIN_MAX_MS));
  }
}
