import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createEvidence } from '../../../activities/evidence/capability.ts';
import { evidenceCases } from '../../../activities/evidence/connectors/cases.ts';
import { httpLog } from '../../../activities/evidence/connectors/http-log.ts';
import { isKey, refusal, serveWorld, type WorldService } from '../../../demo/world/http-server.ts';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.ts';
import { memoryHouse, type MemoryHouse } from '../../support/memory-house.ts';
import { actionCall, attempt, openPermit, testIncident } from '../../support/page-calls.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { RunningCapability } from '../../../activities/port.ts';
import type { StepId } from '../../../contracts/ids.ts';

const key = randomBytes(16).toString('hex');
const PAGE = 3;

/** A log with pages, a hold, and a key of its own. */
function logService(entries: readonly JsonObject[], holds: string[]): WorldService {
  return ({ method, path, query, bearer, body }) => {
    if (!isKey(bearer, key)) return refusal(401, 'unauthorized', 'a key is needed');
    if (method === 'POST' && path === '/hold') {
      holds.push(String(body['incident']));
      return { status: 200, body: { held: true } };
    }
    const seen = entries.filter(({ at }) => (at as string) >= query.get('since')!);
    const from = Number(query.get('cursor') ?? 0);
    const next = from + PAGE < seen.length ? String(from + PAGE) : null;
    return { status: 200, body: { entries: seen.slice(from, from + PAGE), next } };
  };
}

describe('httpLog', () => {
  const entries = Array.from({ length: 8 }, (_, index) => ({
    at: `2026-04-2${index}T00:00:00Z`,
    action: 'read',
    index,
  }));
  const holds: string[] = [];
  let world: Awaited<ReturnType<typeof serveWorld>>;
  let proxy: FaultProxy;

  before(async () => {
    world = await serveWorld([logService(entries, holds)], 0);
    proxy = await startFaultProxy(world.url);
  });
  after(async () => {
    await proxy.close();
    await world.close();
  });

  describe('as a source of evidence', () => {
    for (const given of evidenceCases) {
      it(given.name, async () => {
        const source = httpLog({ url: `${proxy.url}/log`, token: key });
        await given.run({
          source,
          beginning: '2026-01-01T00:00:00Z',
          entries,
          refuseNext: () => {
            proxy.spoil({ method: 'GET', path: '/log', how: 503 });
          },
        });
        await source.close();
      });
    }
  });

  describe('behind evidence.hold', () => {
    let house: MemoryHouse;
    let evidence: RunningCapability;
    let running = attempt();

    beforeEach(() => {
      holds.length = 0;
      house = memoryHouse({ incident: testIncident });
      house.nowAt = '2026-05-01T00:00:00.000Z';
      evidence = createEvidence(
        {
          sources: {
            audit: { use: 'http-log', url: `${proxy.url}/log`, token: 'env:KEY', holdUrl: `${proxy.url}/hold` },
            plain: { use: 'http-log', url: `${proxy.url}/log`, token: 'env:KEY' },
          },
        },
        { ...house.environment, secrets: () => key },
        { ...house.runtime, attempt: () => running, attemptNumber: () => house.runtime.number },
      );
    });
    afterEach(() => evidence.close());

    const hold = async (sources: string[], back = 'P7D') => {
      const call = actionCall('evidence.hold', { step: 'hold' as StepId, with: { sources, back } });
      await openPermit(house.ledger, call);
      running = attempt();
      return evidence.single['evidence.hold']!(call);
    };

    it('asks the source to keep its logs and takes a sealed copy of the window', async () => {
      const { outputs, state } = await hold(['audit']);
      assert.equal(state, undefined);
      assert.deepEqual(holds, [testIncident]);
      assert.equal(outputs['items'], 4); // 24 to 27 April lie within seven days of 1 May
      const copy = house.ledger.stored.find(({ meta }) => meta.name === 'evidence/hold#1/audit.jsonl');
      assert.equal(new TextDecoder().decode(copy?.body).trim().split('\n').length, 4);
    });

    it('writes who took what, when, from where, with which digest', async () => {
      await hold(['audit']);
      const record = house.ledger.records.find(({ kind }) => kind === 'evidence');
      const copy = house.ledger.stored.find(({ meta }) => meta.name.endsWith('audit.jsonl'))!;
      assert.equal(record?.actor, 'connector:http-log');
      const { digest, bytes, from, by, takenAt, since, document } = record.body;
      assert.deepEqual(
        { digest, bytes, by, takenAt, since, document },
        {
          digest: copy.meta.digest,
          bytes: copy.meta.bytes,
          by: 'engine',
          takenAt: '2026-05-01T00:00:00.000Z',
          since: '2026-04-24T00:00:00.000Z',
          document: copy.meta.id,
        },
      );
      assert.equal(from, new URL(proxy.url).host);
    });

    it('copies once when the step is repeated', async () => {
      await hold(['audit']);
      const asked = proxy.seen('GET', '/log');
      await hold(['audit']);
      assert.equal(proxy.seen('GET', '/log'), asked);
    });

    it('says what is missing: a source without a hold, one that is not configured', async () => {
      const { state, openItems } = await hold(['plain', 'nowhere']);
      assert.equal(state, 'partial');
      assert.deepEqual(openItems, [
        '[EVIDENCE_HOLD_UNSUPPORTED] evidence.hold: plain',
        '[EVIDENCE_SOURCE_UNKNOWN] evidence.hold: no source nowhere is configured',
      ]);
    });

    it('asks again while a source is down, then goes on without it and says so', async () => {
      await proxy.pause();
      try {
        await assert.rejects(hold(['audit', 'plain']), { code: 'CONNECTOR_UNREACHABLE' });
        house.runtime.number = 3;
        house.ledger.effects.clockMs += 60_000;
        const { state, openItems, outputs } = await hold(['audit', 'plain']);
        assert.equal(state, 'partial');
        assert.equal(outputs['items'], 0);
        assert.match(openItems![0]!, /^\[CONNECTOR_UNREACHABLE\] evidence\.hold: no copy of audit/);
      } finally {
        await proxy.resume();
      }
    });

    it('takes a document of the incident into evidence', async () => {
      const { outputs: held } = await hold(['audit']);
      const call = actionCall('evidence.attach', { step: 'attach' as StepId, with: { document: held['document']! } });
      const { outputs } = await evidence.single['evidence.attach']!(call);
      assert.equal(outputs['digest'], held['digest']);
      assert.equal(house.ledger.records.at(-1)?.kind, 'evidence');
      await assert.rejects(evidence.single['evidence.attach']!({ ...call, with: { document: 'none' } }), {
        code: 'DOCUMENT_UNKNOWN',
      });
    });
  });
});
