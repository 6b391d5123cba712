import { Readable } from 'node:stream';
import type { IncidentId } from '../../contracts/ids.ts';
import type { JournalRecord } from '../../contracts/journal.ts';

const RECONNECT_AFTER_MS = 2_000; // what a reader waits before it resumes

/** An event as it goes over the wire. @source HTML Living Standard, server-sent events */
function eventText(name: string, data: object, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Whose stream it is, and where it begins. */
export interface StreamStart {
  readonly incident: IncidentId;
  /** Name of the key that holds it. */
  readonly key: string;
  /** `seq` of the last record that the reader has. */
  readonly after: number;
  /** Throws where the reader may not read any more. */
  readonly recheck: () => void;
}

/**
 * One reader of a journal. It takes no more than its reader does: while the reader is slow nothing is given to it, and the
 * hub ends it when that lasts.
 */
export class EventStream extends Readable {
  readonly incident: IncidentId;
  readonly key: string;
  readonly recheck: () => void;
  /** `seq` of the last record given. */
  at: number;
  /** Since when its reader takes nothing, in milliseconds of a clock that does not go back. */
  blockedSince: number | undefined;
  readonly #wanted: () => void;
  readonly #now: () => number;
  #isDone = false;

  /** @param wanted - called when the reader takes again. */
  constructor({ incident, key, after, recheck }: StreamStart, wanted: () => void, now: () => number) {
    super();
    this.incident = incident;
    this.key = key;
    this.recheck = recheck;
    this.at = after;
    this.#wanted = wanted;
    this.#now = now;
    this.#write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
  }

  override _read(): void {
    if (this.blockedSince === undefined) return;
    this.blockedSince = undefined;
    this.#wanted();
  }

  /** Whether it takes records now. */
  get isOpen(): boolean {
    return this.blockedSince === undefined && !this.destroyed && !this.#isDone;
  }

  /** Gives records that follow {@link EventStream.at}, until the reader takes no more. */
  give(records: readonly JournalRecord[]): void {
    for (const record of records) {
      if (!this.isOpen) return;
      if (record.seq <= this.at) continue;
      this.at = record.seq;
      this.#write(eventText(record.kind, record, record.seq));
    }
  }

  /** A comment that keeps the connection, and tells a reader that is gone. */
  beat(): void {
    if (this.isOpen) this.#write(': beat\n\n');
  }

  /** Ends it with a last event, which has the id of the last record. */
  finish(name: 'end' | 'refused', data: object): void {
    if (this.#isDone || this.destroyed) return;
    this.#write(eventText(name, data, this.at));
    this.breakOff();
  }

  /** Ends it without a last event: the reader resumes, here or elsewhere. */
  breakOff(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.push(null);
  }

  #write(text: string): void {
    if (!this.push(text)) this.blockedSince = this.#now();
  }
}
