import assert from 'node:assert/strict';
import { workflowBundle } from '../integration/engine/stand.ts';

/** Packages whose code may run inside the sandbox. */
const ALLOWED = new Set([
  '@temporalio/common',
  '@temporalio/workflow',
  '@marcbachmann/cel-js',
  'long', // integers of the SDK's protocol
  'ms', // durations of the SDK's options
  'nexus-rpc', // types and errors of the SDK
]);

/** Every start evaluates this code; without a limit it grows unseen. The SDK alone is 0.49 MB, with CEL 0.68. */
const CODE_MAX_BYTES = 1_200_000;
/** With the source map, which a worker keeps in memory; the SDK alone is 1.52 MB, with CEL 1.97. */
const BUNDLE_MAX_BYTES = 3_250_000;

describe('the workflow bundle', () => {
  let code: string;
  before(async () => {
    ({ code } = await workflowBundle());
  }).timeout(120_000);

  it('holds the SDK and the expression library, no other package', () => {
    const packages = new Set([...code.matchAll(/"\.\/node_modules\/((?:@[^/"]+\/)?[^/"]+)/g)].map(([, name]) => name!));
    assert.deepEqual(
      [...packages].filter((name) => !ALLOWED.has(name)),
      [],
    );
    assert.ok(packages.has('@marcbachmann/cel-js'));
  });

  it('asks for no Node built-in', () => {
    assert.deepEqual(
      [...code.matchAll(/require\("((?:node:)?(?:fs|crypto|net|http|https|os|path|stream|child_process))"\)/g)].map(
        ([, name]) => name,
      ),
      [],
    );
  });

  it('stays small', () => {
    assert.ok(Buffer.byteLength(code) < BUNDLE_MAX_BYTES, `${Buffer.byteLength(code)} bytes`);
    const mapAt = code.indexOf('//# sourceMappingURL');
    assert.ok(mapAt > 0 && mapAt < CODE_MAX_BYTES, `${mapAt} bytes of code`);
  });
});
