import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyBundle } from '../../../cli/bundle-verify.ts';
import { createEngineActivities } from '../../../activities/engine/activities.ts';
import { exportBundle } from '../../../ledger/bundle/export-bundle.ts';
import { openTestLedger, settled, targetsOf, type TestLedger } from './open-test-ledger.ts';
import type { JournalHead } from '../../../contracts/journal.ts';

const signingKeyPem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

describe('inventories that the journal vouches for', function () {
  this.timeout(60_000);
  let test: TestLedger;
  let folder: string;

  before(async () => {
    test = await openTestLedger();
    folder = mkdtempSync(join(tmpdir(), 'firebreak-inventories-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await test.close();
  });

  /** The last anchor of a stop, as the engine takes it. */
  async function anchorOfStop(): Promise<JournalHead> {
    const activities = createEngineActivities({
      ledger: test.ledger,
      gated: () => ({ traits: undefined, preview: undefined }),
      tell: async (_call, people) => people,
      card: async () => undefined,
      assess: async () => ({ obligations: [], clocks: [] }),
      anchors: [],
      doors: [],
      personKey: () => undefined,
    });
    return activities['engine.anchor']({ incident: test.incident, reason: 'stopped' });
  }

  async function isCovered(head: JournalHead): Promise<boolean> {
    const { ledger, incident } = test;
    const [out, anchor] = [join(folder, 'b.fbb'), join(folder, 'anchor.jsonl')];
    await exportBundle(ledger, incident, { signingKeyPem, audience: 'auditor', out });
    writeFileSync(anchor, `${JSON.stringify({ incident, ...head, at: '' })}\n`);
    const verdict = await verifyBundle(out, { anchor });
    assert.ok(verdict.ok, JSON.stringify(verdict));
    return verdict.isInventoryAnchored;
  }

  it('say what is there now when a stop is anchored a second time, and nothing twice where nothing changed', async () => {
    const { ledger, incident } = test;
    const lease = { id: 'lease-inventories', epoch: 1, permit: 'permit-inventories' };
    const effect = { incident, action: 'credentials.revoke', class: 'idempotent', longestRequestMs: 0 } as const;
    await ledger.effects.setPermit(lease.permit, incident, 'open');
    await ledger.effects.takeLease(lease, incident);
    const { mine } = await ledger.effects.claim(lease, effect, targetsOf(['a', 'b']));
    const first = await anchorOfStop();
    assert.deepEqual(await anchorOfStop(), first, 'a repeat added a record');
    await ledger.effects.settle(lease, effect, settled(mine)); // what was on the wire when it was stopped
    assert.equal(await isCovered(first), false);
    const second = await anchorOfStop();
    assert.ok(second.seq > first.seq, 'the first inventory stayed');
    assert.equal(await isCovered(second), true);
  });
});
