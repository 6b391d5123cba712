import assert from 'node:assert/strict';
import { join } from 'node:path';
import pino from 'pino';
import { actionCall, testIncident } from '../../support/page-calls.ts';
import { capabilitiesWith } from '../../../worker/capabilities.ts';
import { createCapabilities, type CapabilitySet } from '../../../worker/capability-set.ts';
import { gateDigest } from '../../../activities/engine/gate.ts';
import { memoryHouse } from '../../support/memory-house.ts';
import { proven } from '../../../worker/proven.ts';
import type { Config } from '../../../worker/config.ts';

const PEOPLE = join(import.meta.dirname, '../../../deploy/people.yaml');

/** The capabilities of a process that polls a queue, with one host that requests may go to. */
function setOf(url: string, queues: readonly ('engine' | 'actions')[]): CapabilitySet {
  const connectors = { http: { hosts: { hub: { url, headers: { authorization: 'env:HUB' } } } } };
  const capabilities = capabilitiesWith({ credentials: [], tickets: [] });
  return createCapabilities({
    config: { people: PEOPLE, connectors, capabilities } as unknown as Config,
    secrets: (reference) => `the value of ${reference}`,
    queues,
    ledger: memoryHouse({ incident: testIncident }).ledger,
    log: pino({ level: 'silent' }),
  });
}

describe('proven', () => {
  it('lets an action run in another process than its gate was opened in, and refuses it with other settings', async () => {
    const engine = setOf('http://127.0.0.1:1', ['engine']);
    const [same, other] = [setOf('http://127.0.0.1:1', ['actions']), setOf('http://127.0.0.1:2', ['actions'])];
    const asked = actionCall('http.request', { with: { host: 'hub', method: 'POST', path: '/canaries' } });
    const action = { traits: engine.traits(asked.uses), settings: engine.settings(asked.uses) };
    const call = { ...asked, gate: gateDigest(asked, action) } as never;
    const act = (): Promise<unknown> => Promise.resolve('acted');
    assert.equal(await proven(act, same)(call), 'acted');
    await assert.rejects(proven(act, other)(call), { code: 'GATE_STALE' });
    await Promise.all([engine, same, other].map((set) => set.close()));
  });
});
