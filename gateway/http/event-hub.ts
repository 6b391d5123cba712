import { CodedError, isCodedError } from '../../contracts/errors.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { Ledger } from '../../ledger/ports.ts';
import { EventStream, type StreamStart } from './event-stream.ts';

/** Times and bounds of event streams; in milliseconds. */
export interface EventLimits {
  /** Between two looks at the journals that are read. */
  readonly pollMs: number;
  /** Between two heartbeats of a stream; at each the right to read is checked again. */
  readonly beatMs: number;
  /** After how long a reader that takes nothing is dropped. */
  readonly slowMs: number;
  /** How long after its close an incident may still get records that belong to the stream. */
  readonly settleMs: number;
  readonly perKey: number;
  readonly inAll: number;
}

const LIMITS: EventLimits = {
  ...{ pollMs: 500, beatMs: 15_000, slowMs: 30_000, settleMs: 2_000 },
  ...{ perKey: 8, inAll: 400 },
};
const BATCH = 200; // records a read
const RETRY_AFTER_MS = 10_000;

/**
 * Feeds all streams from one look at the ledger: every half second, and only while there are streams, it asks how far the
 * journals in question have come, and reads each that has grown once for all streams that stand at the same place.
 *
 * A look, not a notification: writing to a journal is what everything waits for, and costs nothing more for readers.
 */
export class EventHub {
  readonly #journal: () => Ledger['journal'];
  readonly #log: (line: object) => void;
  readonly #limits: EventLimits;
  readonly #streams = new Set<EventStream>();
  #timer: NodeJS.Timeout | undefined;
  #beats: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(ledger: Pick<Ledger, 'journal'>, log: (line: object) => void, limits: Partial<EventLimits> = {}) {
    this.#journal = () => ledger.journal;
    this.#log = log;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** Opens a stream. @throws GATEWAY_STREAMS_TOO_MANY */
  open(start: StreamStart): EventStream {
    const { perKey, inAll } = this.#limits;
    const own = [...this.#streams].filter(({ key }) => key === start.key).length;
    if (own >= perKey || this.#streams.size >= inAll)
      throw new CodedError('GATEWAY_STREAMS_TOO_MANY', `${own} streams of ${start.key} are open`, {
        retryAfterMs: RETRY_AFTER_MS,
      });
    const stream = new EventStream(
      start,
      () => this.#wake(0),
      () => performance.now(),
    );
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    this.#beats ??= setInterval(() => this.#beat(), this.#limits.beatMs).unref();
    this.#wake(0);
    return stream;
  }

  /** Breaks all streams off; their readers resume elsewhere. */
  stop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#beats);
    for (const stream of this.#streams) stream.breakOff();
  }

  #wake(afterMs: number): void {
    clearTimeout(this.#timer);
    if (this.#streams.size === 0) return;
    this.#timer = setTimeout(() => void this.#run(), afterMs).unref();
  }

  async #run(): Promise<void> {
    if (this.#isLooking) return; // it looks again by itself
    this.#isLooking = true;
    let isBehind = false;
    try {
      isBehind = await this.#look();
    } catch (error) {
      this.#log({ task: 'feed event streams', error: String(error) });
    } finally {
      this.#isLooking = false;
      this.#wake(isBehind ? 0 : this.#limits.pollMs);
    }
  }

  /** @returns whether something is left to be read at once. */
  async #look(): Promise<boolean> {
    const waiting = [...this.#streams].filter(({ isOpen }) => isOpen);
    if (waiting.length === 0) return false;
    let isBehind = false;
    for (const { incident, seq, closedAt } of await this.#journal().heads([
      ...new Set(waiting.map((stream) => stream.incident)),
    ])) {
      const streams = waiting.filter((stream) => stream.incident === incident);
      await this.#feed(incident, streams, seq);
      isBehind ||= streams.some((stream) => stream.isOpen && stream.at < seq);
      const isOver = closedAt !== undefined && Date.now() - Date.parse(closedAt) >= this.#limits.settleMs;
      if (isOver)
        for (const stream of streams)
          if (stream.isOpen && stream.at >= seq) stream.finish('end', { incident, seq: stream.at, closedAt });
    }
    return isBehind;
  }

  async #feed(incident: IncidentId, streams: readonly EventStream[], seq: number): Promise<void> {
    const byPlace = new Map<number, EventStream[]>();
    for (const stream of streams)
      if (stream.at < seq) byPlace.set(stream.at, [...(byPlace.get(stream.at) ?? []), stream]);
    for (const [after, alike] of byPlace) {
      const records = await this.#journal().read(incident, { after, limit: BATCH });
      for (const stream of alike) stream.give(records);
    }
  }

  #beat(): void {
    const now = performance.now();
    for (const stream of this.#streams) {
      try {
        stream.recheck();
      } catch (error) {
        const code = isCodedError(error) ? error.code : 'GATEWAY_INTERNAL';
        stream.finish('refused', { code });
        continue;
      }
      const { blockedSince } = stream;
      if (blockedSince === undefined) stream.beat();
      else if (now - blockedSince >= this.#limits.slowMs) stream.destroy();
    }
  }
}
