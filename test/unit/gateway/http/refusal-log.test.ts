import assert from 'node:assert/strict';
import type { DoorRefusal, DoorStore } from '../../../../ledger/door-port.ts';
import { RefusalLog } from '../../../../gateway/http/refusal-log.ts';

const MINUTE = Date.parse('2026-05-04T10:00:00Z');

/** A store that keeps what it is given, once it is told to. */
function keeping(): { readonly door: DoorStore; readonly writes: (readonly DoorRefusal[])[]; isAway: boolean } {
  const kept = { writes: [] as (readonly DoorRefusal[])[], isAway: false };
  const refuse = (batch: readonly DoorRefusal[]): Promise<void> => {
    if (kept.isAway) return Promise.reject(new Error('away'));
    kept.writes.push(batch);
    return Promise.resolve();
  };
  return Object.assign(kept, { door: { refuse } as unknown as DoorStore });
}

describe('RefusalLog', () => {
  const asked = (who: string, request = 'r') => ({
    who,
    route: 'GET /v1/playbooks',
    code: 'GATEWAY_FORBIDDEN',
    request,
  });
  let store: ReturnType<typeof keeping>;
  let now = MINUTE;
  let log: RefusalLog;

  beforeEach(() => {
    store = keeping();
    now = MINUTE;
    log = new RefusalLog(
      store,
      () => undefined,
      () => now,
    );
  });

  afterEach(() => log.stop());

  it('writes the first of a kind before it returns, and counts the rest of the minute', async () => {
    await log.note(asked('olive', 'r0'));
    assert.equal(store.writes.length, 1);
    for (let number = 1; number <= 1_000; number += 1) {
      now += 10;
      await log.note(asked('olive', `r${number}`));
    }
    assert.equal(store.writes.length, 1);
    await log.flush();
    const [rest] = store.writes[1]!;
    assert.deepEqual([rest!.times, rest!.request, rest!.who], [1_000, 'r1000', 'olive']);
    assert.equal(rest!.lastAt, new Date(MINUTE + 10_000).toISOString());
  });

  it('begins anew each minute', async () => {
    await log.note(asked('olive'));
    now += 60_000;
    await log.note(asked('olive'));
    assert.deepEqual(
      store.writes.map(([row]) => row!.minute),
      ['2026-05-04T10:00:00.000Z', '2026-05-04T10:01:00.000Z'],
    );
  });

  it('names who holds a key, whatever strangers do meanwhile', async () => {
    for (let number = 0; number < 1_000; number += 1) await log.note(asked(`address:10.0.0.${number}`));
    await log.note(asked('olive'));
    assert.ok(store.writes.flat().some(({ who }) => who === 'olive'));
  });

  it('keeps a flood from many addresses small', async () => {
    for (let number = 0; number < 5_000; number += 1) await log.note(asked(`address:10.0.0.${number}`));
    await log.flush();
    const rows = store.writes.flat();
    assert.ok(rows.length <= 502, String(rows.length));
    assert.equal(
      rows.reduce((sum, { times }) => sum + times, 0),
      5_000,
    );
    assert.ok(rows.some(({ who }) => who === 'others'));
  });

  it('keeps what the ledger did not take until it does', async () => {
    store.isAway = true;
    await log.note(asked('olive', 'r1'));
    await log.note(asked('olive', 'r2'));
    store.isAway = false;
    await log.flush();
    const [row] = store.writes[0]!;
    assert.deepEqual([row!.times, row!.request], [2, 'r2']);
  });
});
