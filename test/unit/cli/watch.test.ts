import assert from 'node:assert/strict';
import { EventReader } from '../../../cli/event-stream.ts';
import { runCli } from '../../../cli/run-cli.ts';
import { scriptedTerminal, type Script } from './scripted-terminal.ts';

const INCIDENT = 'INC-2026-0001';
const ENVIRONMENT = { FIREBREAK_URL: 'http://gateway.example.org', FIREBREAK_KEY: 'k' };

interface Said {
  readonly seq: number;
  readonly kind: string;
  readonly body?: object;
}

function record({ seq, kind, body = {} }: Said): object {
  return {
    seq,
    at: '2026-05-04T10:00:01.000000Z',
    key: `k${seq}`,
    kind,
    actor: 'engine',
    body,
    prevHash: '',
    hash: '',
  };
}

function problem(code: string, status: number): Response {
  const body = { type: 'urn:x', title: 't', status, detail: 'it is so', code, remedy: 'Do this.', requestId: 'r1' };
  return Response.json(body, { status });
}

function streamOf(text: string): Response {
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
}

const eventText = (said: Said): string =>
  `id: ${said.seq}\nevent: ${said.kind}\ndata: ${JSON.stringify(record(said))}\n\n`;

/** A gateway that holds a journal and lets a test say how it sends it. */
class Gateway {
  /** What the journal holds; grows as the test says. */
  records: readonly Said[] = [{ seq: 1, kind: 'incident.opened' }];
  state = 'declared';
  gates: readonly object[] = [];
  /** Answers of `/events`, one a request; `undefined`: the line is dead. */
  streams: ((after: number) => Response | undefined)[] = [];
  readonly asked: string[] = [];

  readonly fetch: typeof fetch = (input, init = {}) => {
    const { pathname, searchParams } = new URL(input);
    const path = pathname.replace(`/v1/incidents/${INCIDENT}`, '');
    const lastSeen = new Headers(init.headers).get('last-event-id');
    this.asked.push(lastSeen === null ? path : `${path} after ${lastSeen}`);
    if (path === '/events') {
      const answer = this.streams.shift()?.(Number(lastSeen));
      return answer ? Promise.resolve(answer) : Promise.reject(new TypeError('nobody listens'));
    }
    if (path === '/timeline') {
      const after = Number(searchParams.get('after'));
      const records = this.records.filter(({ seq }) => seq > after).slice(0, Number(searchParams.get('limit')));
      return Promise.resolve(Response.json({ records: records.map(record), head: { seq: this.records.at(-1)!.seq } }));
    }
    if (path === '/rollouts') return Promise.resolve(Response.json({ rollouts: [] }));
    const [steps, asks, obligations, facts, openItems] = [[], [], [], [], []];
    const view = {
      incident: INCIDENT,
      playbook: 'p',
      mode: 'live',
      state: this.state,
      stopped: false,
      source: 'engine',
    };
    return Promise.resolve(Response.json({ ...view, gates: this.gates, steps, asks, obligations, facts, openItems }));
  };

  /** A stream that brings records, and what has changed when they arrive. */
  bringing(records: readonly Said[], then: () => void = () => undefined): (after: number) => Response {
    return (after) => {
      this.records = [...this.records, ...records];
      then();
      return streamOf(
        `: hello\n\n${this.records
          .filter(({ seq }) => seq > after)
          .map(eventText)
          .join('')}`,
      );
    };
  }

  close = (): void => void (this.state = 'closed');
}

async function watch(gateway: Gateway, args: string, script: Script = {}) {
  const terminal = scriptedTerminal({ environment: ENVIRONMENT, fetch: gateway.fetch, ...script });
  const code = await runCli(['watch', INCIDENT, ...args.split(' ').filter(Boolean)], terminal, '1.2.3');
  return { code, written: terminal.written(), warned: terminal.warned() };
}

const seqs = (text: string): readonly number[] =>
  text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { seq: number }).seq);

describe('firebreak watch', () => {
  let gateway: Gateway;

  beforeEach(() => {
    gateway = new Gateway();
  });

  it('prints what comes from now on, and ends 0 once the incident is closed', async () => {
    gateway.streams = [
      gateway.bringing([{ seq: 2, kind: 'fact', body: { key: 'awareAt' } }]),
      gateway.bringing([{ seq: 3, kind: 'incident.closed' }], gateway.close),
    ];
    const { code, written } = await watch(gateway, '');
    assert.equal(code, 0);
    const [first, second, last] = written.split('\n');
    assert.match(first!, /^2 {2}2026-05-04T10:00:01 {2}fact {2}engine {2}key: awareAt$/);
    assert.match(second!, /^3 .*incident\.closed/);
    assert.equal(last, `${INCIDENT} is closed`);
  });

  it('prints every record once and in order through lost lines and a gateway that is away', async () => {
    gateway.streams = [
      gateway.bringing([{ seq: 2, kind: 'fact' }]),
      () => undefined,
      () => problem('GATEWAY_ENGINE_AWAY', 503),
      () => streamOf(`${eventText({ seq: 2, kind: 'fact' })}${eventText({ seq: 3, kind: 'fact' })}`), // one of them again
      gateway.bringing([{ seq: 4, kind: 'incident.closed' }], gateway.close),
    ];
    const { code, written, warned } = await watch(gateway, '--json');
    assert.equal(code, 0);
    assert.deepEqual(seqs(written), [2, 3, 4]);
    assert.match(warned, /does not answer; asking again\nit answers again\n/);
    assert.deepEqual(
      gateway.asked.filter((path) => path.startsWith('/events')),
      ['/events after 1', '/events after 2', '/events after 2', '/events after 2', '/events after 3'],
    );
  });

  it('asks page after page where the gateway has no stream', async () => {
    gateway.streams = [() => problem('GATEWAY_NOT_FOUND', 404)];
    gateway.records = [1, 2, 3].map((seq) => ({ seq, kind: 'fact' }));
    const pauses: number[] = [];
    const terminal = scriptedTerminal({ environment: ENVIRONMENT, fetch: gateway.fetch });
    const pause = (ms: number): Promise<void> => {
      pauses.push(ms);
      if (pauses.length === 2) {
        gateway.records = [...gateway.records, { seq: 4, kind: 'incident.closed' }];
        gateway.close();
      }
      return Promise.resolve();
    };
    const code = await runCli(['watch', INCIDENT, '--json', '--after', '0'], { ...terminal, pause }, '1.2.3');
    assert.equal(code, 0);
    assert.deepEqual(seqs(terminal.written()), [1, 2, 3, 4]);
    assert.equal(gateway.asked.filter((path) => path.startsWith('/events')).length, 1);
  });

  it('ends 0 with the command for a gate that waits', async () => {
    const gate = { id: 'contain#1', step: 'contain', state: 'open', question: 'Revoke?', roles: ['commander'] };
    gateway.streams = [
      gateway.bringing([{ seq: 2, kind: 'gate.opened' }], () => (gateway.gates = [{ ...gate, state: 'approved' }])),
      gateway.bringing([{ seq: 3, kind: 'gate.opened' }], () => (gateway.gates = [gate])),
    ];
    const { code, written } = await watch(gateway, '--until gate');
    assert.equal(code, 0);
    assert.match(written, /^3 .*\ncontain#1 waits: firebreak approve INC-2026-0001 --gate contain#1\n$/m);
  });

  it('ends 1 where the incident ends before a gate waits', async () => {
    gateway.streams = [gateway.bringing([{ seq: 2, kind: 'incident.closed' }], gateway.close)];
    assert.equal((await watch(gateway, '--until gate')).code, 1);
  });

  it('ends at once where the incident is closed already, and prints what is asked for first', async () => {
    gateway.state = 'closed';
    assert.deepEqual((await watch(gateway, '')).written, `${INCIDENT} is closed\n`);
    gateway.streams = [
      (after) =>
        streamOf(
          gateway.records
            .filter(({ seq }) => seq > after)
            .map(eventText)
            .join(''),
        ),
    ];
    assert.deepEqual(seqs((await watch(gateway, '--after 0 --json')).written), [1]);
  });

  it('ends with the stream that says that nothing follows', async () => {
    gateway.streams = [
      () => {
        gateway.state = 'closed';
        return streamOf('event: end\ndata: {}\n\n');
      },
    ];
    assert.equal((await watch(gateway, '')).code, 0);
  });

  it('looks again at a gateway that was away while it looked', async () => {
    gateway.streams = [
      gateway.bringing([{ seq: 2, kind: 'incident.closed' }], gateway.close),
      () => streamOf(': hi\n\n'),
    ];
    let hasFailed = false;
    const fetch: typeof globalThis.fetch = (input, init) => {
      const isLook = gateway.state === 'closed' && new URL(input).pathname.endsWith(INCIDENT);
      if (!isLook || hasFailed) return gateway.fetch(input, init);
      hasFailed = true;
      return Promise.resolve(problem('GATEWAY_ENGINE_AWAY', 503));
    };
    assert.equal((await watch(gateway, '', { fetch })).code, 0);
    assert.equal(hasFailed, true);
  });

  it('ends with what the gateway refuses for good', async () => {
    gateway.streams = [() => problem('GATEWAY_FORBIDDEN', 403)];
    assert.equal((await watch(gateway, '')).code, 1);
  });

  it('keeps one screen on a terminal, in colours unless nobody wants them', async () => {
    const play = async (environment: Readonly<Record<string, string>>): Promise<string> => {
      gateway = new Gateway();
      gateway.streams = [gateway.bringing([{ seq: 2, kind: 'incident.closed' }], gateway.close)];
      const screen = { columns: 40, rows: 12 };
      return (await watch(gateway, '', { screen, environment: { ...ENVIRONMENT, ...environment } })).written;
    };
    const coloured = await play({});
    assert.ok(coloured.includes('\u001b[H\u001b[J\u001b[1mINC-2026-0001  p  live  closed'), coloured);
    const plain = await play({ NO_COLOR: '1' });
    assert.ok(plain.includes('\u001b[H\u001b[JINC-2026-0001  p  live  closed\n'), plain);
    const lines = plain.replaceAll('\u001b[H\u001b[J', '').split('\n');
    assert.ok(lines.every((line) => line.length <= 40));
  });
});

describe('EventReader', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it('puts an event together however it is cut', () => {
    const text = ': beat\n\nid: 7\nevent: fact\ndata: {"a":\ndata: "ü"}\n\n';
    const all = bytes(text);
    for (let at = 0; at <= all.length; at += 1) {
      const reader = new EventReader();
      const events = [...reader.take(all.slice(0, at)), ...reader.take(all.slice(at))];
      assert.deepEqual(events, [{ id: '7', event: 'fact', data: '{"a":\n"ü"}' }], `cut at ${at}`);
    }
  });

  it('takes lines that end with a carriage return', () => {
    assert.deepEqual(new EventReader().take(bytes('data: x\r\n\r\n')), [{ event: 'message', data: 'x' }]);
  });
});
