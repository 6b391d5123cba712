import assert from 'node:assert/strict';
import { defineConnector } from '../../../activities/connector.ts';
import { scriptedConnector } from '../../support/scripted-connector.ts';
import type { Connector } from '../../../activities/port.ts';

describe('defineConnector', () => {
  it('returns a connector that keeps to its declaration', () => {
    const connector = scriptedConnector('blind');
    assert.equal(defineConnector(connector), connector);
  });

  const broken: Readonly<Record<string, Connector>> = {
    'says that it checks and cannot': { ...scriptedConnector('idempotent'), checks: true },
    'is checkable and cannot check': scriptedConnector('checkable'),
    'is keyed and its provider forgets keys at once': scriptedConnector('keyed'),
    'takes no targets': scriptedConnector('blind', () => ({}), { batch: { max: 0, concurrency: 1 } }),
  };
  for (const [what, connector] of Object.entries(broken)) {
    it(`refuses one that ${what}`, () => {
      assert.throws(() => defineConnector(connector), { code: 'CONNECTOR_CONTRACT_BROKEN' });
    });
  }
});
