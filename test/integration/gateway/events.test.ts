import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Timeline } from '../../../contracts/api.ts';
import type { JournalRecord } from '../../../contracts/journal.ts';
import { freePort } from '../../support/free-port.ts';
import { apiKey } from '../../unit/gateway/stand.ts';
import { openTestLedger, type TestLedger } from '../ledger/open-test-ledger.ts';

const PROGRAM = join(import.meta.dirname, 'gateway-program.ts');
const PATIENCE_MS = 60_000;

interface Event {
  readonly id: number;
  readonly name: string;
  readonly data: string;
}

/** Events in a text that may be cut anywhere: what is not whole is none. */
function eventsIn(text: string): readonly Event[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const match = /^id: (\d+)\nevent: (.+)\ndata: (.+)$/.exec(block);
      return match ? [{ id: Number(match[1]), name: match[2]!, data: match[3]! }] : [];
    });
}

describe('GET /v1/incidents/:id/events', function () {
  this.timeout(180_000);
  let test: TestLedger;
  let port: number;
  let gateway: ChildProcess | undefined;
  let appended = 0;

  const append = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 1) {
      appended += 1;
      await test.ledger.journal.append(test.incident, [
        { key: `note:${appended}`, kind: 'fact', actor: 'dana', body: { number: appended } },
      ]);
    }
  };
  const start = async (): Promise<void> => {
    gateway = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
      env: { ...process.env, LEDGER_URL: test.url, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(gateway.stdout!, 'data');
  };
  const kill = async (): Promise<void> => {
    const dying = gateway!;
    gateway = undefined;
    dying.kill('SIGKILL');
    await once(dying, 'exit');
  };
  const ask = (
    path: string,
    as: string,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1/incidents/${test.incident}${path}`, {
      headers: { authorization: `Bearer ${apiKey(as)}`, ...headers },
      ...(signal ? { signal } : {}),
    });

  /** Reads a stream until it breaks off, ends, or there is enough. */
  const follow = async (
    as: string,
    from: number,
    enough: (events: readonly Event[]) => boolean,
  ): Promise<readonly Event[]> => {
    const given = AbortSignal.any([AbortSignal.timeout(PATIENCE_MS)]);
    const control = new AbortController();
    const answer = await ask(
      '/events',
      as,
      { 'last-event-id': String(from) },
      AbortSignal.any([given, control.signal]),
    );
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type')!, /^text\/event-stream/);
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of answer.body!) {
        text += decoder.decode(chunk as Uint8Array, { stream: true });
        if (enough(eventsIn(text))) break;
      }
    } catch {
      // killed in the middle: what is whole counts
    }
    control.abort();
    return eventsIn(text);
  };

  before(async () => {
    test = await openTestLedger();
    port = await freePort();
    await start();
  });

  after(async () => {
    if (gateway) await kill();
    await test.close();
  });

  it('loses nothing and repeats nothing though the gateway is killed again and again', async () => {
    const seen: Event[] = [];
    const isDone = { value: false };
    const writing = (async () => {
      for (let round = 0; round < 6; round += 1) {
        await append(30);
        if (round < 3) {
          await kill();
          await append(20);
          await start();
        }
      }
      isDone.value = true;
    })();
    while (!isDone.value || seen.length < appended + 1) {
      const last = seen.at(-1)?.id ?? 0;
      try {
        seen.push(...(await follow('olive', last, (events) => isDone.value && last + events.length >= appended + 1)));
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // nobody listens at the moment
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    await writing;
    assert.deepEqual(
      seen.map(({ id }) => id),
      Array.from({ length: appended + 1 }, (_, index) => index + 1),
    );
    const records = await test.ledger.journal.read(test.incident, { limit: 10_000 });
    assert.deepEqual(
      seen.map(({ data }) => JSON.parse(data) as JournalRecord),
      records,
    );
    assert.deepEqual(
      seen.map(({ name }) => name),
      records.map(({ kind }) => kind),
    );
  });

  it('says to everybody exactly what the timeline says to them', async () => {
    await test.ledger.documents.put(test.incident, {
      ...{ name: 'advice of counsel', mediaType: 'text/plain', body: Buffer.from('advice'), by: 'omar' },
      handling: { tlp: 'red', privilege: 'counsel', audience: 'counsel' },
    });
    for (const as of ['olive', 'omar']) {
      const timeline = (await (await ask('/timeline?limit=1000', as)).json()) as Timeline;
      const events = await follow(as, 0, (found) => found.length >= timeline.records.length);
      assert.deepEqual(
        events.map(({ data }) => JSON.parse(data) as JournalRecord),
        timeline.records,
      );
      assert.ok(!JSON.stringify(events).includes('advice of counsel'));
    }
  });

  it('asks who reads, and which incident', async () => {
    assert.equal((await ask('/events', 'nobody')).status, 401);
    const strange = await fetch(`http://127.0.0.1:${port}/v1/incidents/INC-2026-9999/events`, {
      headers: { authorization: `Bearer ${apiKey('olive')}` },
    });
    assert.equal(strange.status, 404);
    assert.equal((await ask('/events', 'olive', { 'last-event-id': 'yesterday' })).status, 422);
  });

  it('gives a key no more than its share of streams, and others theirs', async () => {
    const control = new AbortController();
    const held = await Promise.all(Array.from({ length: 8 }, () => ask('/events', 'olive', {}, control.signal)));
    for (const { status } of held) assert.equal(status, 200);
    const refused = await ask('/events', 'olive');
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get('retry-after'), '10');
    assert.equal(((await refused.json()) as { code: string }).code, 'GATEWAY_STREAMS_TOO_MANY');
    const other = await ask('/events', 'casey', {}, control.signal);
    assert.equal(other.status, 200);
    control.abort();
  });

  it('ends with the incident, and has nothing more to say behind it', async () => {
    const following = follow('casey', appended, (events) => events.at(-1)?.name === 'end');
    await test.ledger.journal.append(test.incident, [
      { key: 'incident.closed', kind: 'incident.closed', actor: 'engine', body: {} },
    ]);
    await test.ledger.incidents.setState(test.incident, 'closed');
    await test.ledger.journal.append(test.incident, [{ key: 'last', kind: 'anchor', actor: 'engine', body: {} }]);
    const events = await following;
    assert.deepEqual(
      events.slice(-3).map(({ name }) => name),
      ['incident.closed', 'anchor', 'end'],
    );
    const answer = await ask('/events', 'casey', { 'last-event-id': String(events.at(-1)!.id) });
    assert.equal(answer.status, 204);
  });
});
