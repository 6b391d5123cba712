import assert from 'node:assert/strict';
import { CodedError } from '../../../../contracts/errors.ts';
import type { IncidentId } from '../../../../contracts/ids.ts';
import type { JournalRecord } from '../../../../contracts/journal.ts';
import { EventHub, type EventLimits } from '../../../../gateway/http/event-hub.ts';
import type { EventStream } from '../../../../gateway/http/event-stream.ts';
import type { Ledger } from '../../../../ledger/ports.ts';

const INCIDENT = 'INC-2026-0001' as IncidentId;
const record = (seq: number, body = {}): JournalRecord => ({
  ...{ seq, at: '2026-05-04T10:00:00.000000Z', key: `k${seq}`, kind: 'fact', actor: 'dana', body },
  ...{ prevHash: 'a'.repeat(64), hash: 'b'.repeat(64) },
});

async function until(what: string, look: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!look()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A journal in memory that counts how often it is asked. */
class Journal {
  records: JournalRecord[] = [];
  closedAt: string | undefined;
  heads = 0;
  reads = 0;

  ledger(): Pick<Ledger, 'journal'> {
    const heads = (): Promise<readonly object[]> => {
      this.heads += 1;
      return Promise.resolve([{ incident: INCIDENT, seq: this.records.length, closedAt: this.closedAt }]);
    };
    const read = (_incident: IncidentId, { after, limit }: { after: number; limit: number }) => {
      this.reads += 1;
      return Promise.resolve(this.records.slice(after, after + limit));
    };
    return { journal: { heads, read } } as unknown as Pick<Ledger, 'journal'>;
  }
}

/** Takes everything a stream gives. */
function reading(stream: EventStream): { text: string; isEnded: boolean } {
  const taken = { text: '', isEnded: false };
  stream.on('data', (chunk: Buffer) => (taken.text += chunk.toString('utf8')));
  stream.on('close', () => (taken.isEnded = true));
  stream.on('error', () => undefined);
  return taken;
}

const idsIn = (text: string): readonly number[] => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

describe('EventHub', () => {
  let journal: Journal;
  let hub: EventHub;
  const open = (more: Partial<Parameters<EventHub['open']>[0]> = {}) =>
    hub.open({ incident: INCIDENT, key: 'dana', after: 0, recheck: () => undefined, ...more });
  const opened = (limits: Partial<EventLimits> = {}): void => {
    hub = new EventHub(journal.ledger(), () => undefined, { pollMs: 10, beatMs: 40, ...limits });
  };

  beforeEach(() => {
    journal = new Journal();
  });

  afterEach(() => hub.stop());

  it('asks for all streams at once, and reads once for those that stand at one place', async () => {
    opened({ pollMs: 50, beatMs: 10_000 });
    const all = Array.from({ length: 40 }, (_, number) => reading(open({ key: `k${number}` })));
    await until('a look', () => journal.heads > 0);
    const [heads, reads] = [journal.heads, journal.reads];
    journal.records.push(record(1), record(2));
    await until('the records', () => all.every(({ text }) => idsIn(text).length === 2));
    assert.ok(journal.heads - heads <= 4, String(journal.heads - heads));
    assert.equal(journal.reads - reads, 1);
  });

  it('does not look while nobody reads', async () => {
    opened();
    const stream = open();
    reading(stream);
    await until('a look', () => journal.heads > 0);
    stream.destroy();
    await until('the end', () => hub.size === 0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const before = journal.heads;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(journal.heads, before);
  });

  it('begins behind what the reader has, and gives each record once', async () => {
    opened();
    journal.records.push(...Array.from({ length: 700 }, (_, index) => record(index + 1)));
    const taken = reading(open({ after: 5 }));
    await until('the records', () => idsIn(taken.text).length === 695);
    assert.deepEqual(
      idsIn(taken.text),
      Array.from({ length: 695 }, (_, index) => index + 6),
    );
    assert.match(taken.text, /^retry: 2000\n\n/);
    assert.match(taken.text, /^event: fact$/m);
  });

  it('sends heartbeats as comments', async () => {
    opened();
    const taken = reading(open());
    await until('a heartbeat', () => taken.text.includes(': beat\n\n'));
  });

  it('bounds the streams of a key and of all', () => {
    opened({ perKey: 2, inAll: 3 });
    open();
    open();
    assert.throws(() => open(), { code: 'GATEWAY_STREAMS_TOO_MANY', retryAfterMs: 10_000 });
    open({ key: 'olive' });
    assert.throws(() => open({ key: 'casey' }), { code: 'GATEWAY_STREAMS_TOO_MANY' });
  });

  it('lets a place go when its reader leaves', async () => {
    opened({ perKey: 1 });
    open().destroy();
    await until('the place', () => hub.size === 0);
    assert.doesNotThrow(() => open());
  });

  it('gives a reader that takes nothing no more than fits, then drops it', async () => {
    opened({ slowMs: 200 });
    const big = { text: 'x'.repeat(2_000) };
    journal.records.push(...Array.from({ length: 1_000 }, (_, index) => record(index + 1, big)));
    const stream = open(); // nobody reads
    await until('the bound', () => !stream.isOpen);
    assert.ok(stream.at < 40 && stream.readableLength < 100_000, `${stream.at} ${stream.readableLength}`);
    await until('the drop', () => hub.size === 0);
    const taken = reading(open({ after: stream.at }));
    await until('the rest', () => idsIn(taken.text).length === 1_000 - stream.at);
  });

  it('ends with a last event once the incident is closed and all is read', async () => {
    opened({ settleMs: 50 });
    journal.records.push(record(1));
    const taken = reading(open());
    await until('the record', () => idsIn(taken.text).length === 1);
    journal.closedAt = new Date().toISOString();
    journal.records.push(record(2)); // still on its way when the state was set
    await until('the end', () => taken.isEnded);
    assert.deepEqual(idsIn(taken.text), [1, 2, 2]);
    assert.match(taken.text, /id: 2\nevent: end\ndata: \{"incident":"INC-2026-0001","seq":2,/);
  });

  it('ends when the reader may not read any more', async () => {
    opened();
    let may = true;
    const recheck = (): void => {
      if (!may) throw new CodedError('GATEWAY_UNAUTHENTICATED', 'the key is gone');
    };
    const taken = reading(open({ recheck }));
    await until('a heartbeat', () => taken.text.includes(': beat'));
    may = false;
    await until('the end', () => taken.isEnded);
    assert.match(taken.text, /event: refused\ndata: \{"code":"GATEWAY_UNAUTHENTICATED"\}\n\n$/);
  });

  it('goes on after the ledger was away', async () => {
    const ledger = journal.ledger();
    let isAway = true;
    const heads = (ids: readonly IncidentId[]) =>
      isAway ? Promise.reject(new Error('away')) : ledger.journal.heads(ids);
    hub = new EventHub({ journal: { ...ledger.journal, heads } }, () => undefined, { pollMs: 10 });
    const taken = reading(open());
    journal.records.push(record(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(idsIn(taken.text), []);
    isAway = false;
    await until('the record', () => idsIn(taken.text).length === 1);
  });
});
