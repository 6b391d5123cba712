import assert from 'node:assert/strict';
import type { ConnectorTraits } from '../../../../contracts/effects.ts';
import { declarationView } from '../../../../gateway/slack/declare-views.ts';
import { readLibrary, standardLibrary } from '../../../../playbooks/library.ts';
import type { GatewayDeps } from '../../../../gateway/deps.ts';
import { standDeps } from '../stand.ts';

const TRAITS = { name: 'scripted', effect: 'idempotent' } as ConnectorTraits;

interface Shape {
  readonly blocks: readonly Record<string, unknown>[];
  readonly submit?: unknown;
  readonly private_metadata?: string;
}

describe('declarationView', () => {
  let deps: GatewayDeps;

  before(async () => {
    deps = standDeps({ library: await readLibrary([standardLibrary]), traits: () => TRAITS });
  });

  const view = (playbook?: string): Shape =>
    declarationView(deps, { mode: 'live', ...(playbook === undefined ? {} : { playbook }) }) as unknown as Shape;

  it('asks first which playbook, and cannot be sent off before', () => {
    const { blocks, submit } = view();
    assert.deepEqual(
      blocks.filter(({ type }) => type === 'input').map((block) => block['block_id']),
      ['playbook'],
    );
    assert.equal(submit, undefined);
  });

  it('offers no playbook that takes raw credentials, and says how that is started', () => {
    const text = JSON.stringify(view());
    assert.match(text, /leaked-token.{0,10} takes credentials, which do not belong into Slack/);
    assert.throws(() => view('leaked-token'), { code: 'PLAYBOOK_UNKNOWN' });
  });

  it('draws the worst day: its inputs, and a menu of who holds each role', () => {
    const ids = view('exposed-secrets').blocks.flatMap((block) => block['block_id'] ?? []);
    assert.deepEqual(ids, [
      ...['playbook', 'in:store', 'in:detected', 'mode'],
      ...['role:commander', 'role:privacy', 'role:counsel', 'role:comms', 'role:platform'],
    ]);
  });

  it('keeps in its state nothing but the mode', () => {
    assert.equal(view('exposed-secrets').private_metadata, '{"m":"live"}');
  });

  it("stays within Slack's limits for every playbook of the library", () => {
    for (const [name] of [...deps.library.playbooks].filter(([one]) => one !== 'leaked-token')) {
      const { blocks } = view(name);
      assert.ok(blocks.length <= 100, name);
      for (const { element } of blocks as readonly { element?: { options?: readonly unknown[] } }[])
        if (element?.options) assert.ok(element.options.length > 0 && element.options.length <= 100, name);
    }
  });
});
