import assert from 'node:assert/strict';
import type { JsonObject } from '../../../../contracts/json.ts';
import { endpoints } from '../../../../gateway/http/endpoints/all.ts';
import { INCIDENT, ask, standDeps } from '../stand.ts';

/** The same act said otherwise. */
const OTHERWISE: Readonly<Record<string, JsonObject>> = {
  addFact: { value: 'a token stood in a private log' },
  resolveStep: { comment: 'as it seemed right' },
};

describe('an idempotency key', () => {
  // A decision needs a gate that is open: test/integration/gateway/messages.test.ts asks it.
  for (const { id, path, body } of endpoints.filter((one) => one.asksEngine && one.id !== 'decide'))
    it(`of ${id} is refused for anything else`, async () => {
      const deps = standDeps();
      const url = path.replace(':id', INCIDENT).replace(':step', 'contain');
      const headers = { 'idempotency-key': 'one' };
      const first = body!.example as JsonObject;
      const send = (said: JsonObject) => ask(deps, { method: 'POST', url, as: 'casey', headers, body: said });
      const taken = await send(first);
      assert.equal(taken.status, 200, taken.text);
      assert.deepEqual((await send(first)).json, taken.json);
      const { status, json } = await send({ ...first, ...(OTHERWISE[id] ?? { reason: 'another one' }) });
      assert.deepEqual([status, json.code], [409, 'INCIDENT_KEY_REUSED']);
    });
});
