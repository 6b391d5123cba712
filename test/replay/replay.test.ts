import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Worker, bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { recordedHistories, type RecordedHistory } from './histories.ts';
import { scenarios } from './scenarios.ts';
import { workflowBundle } from '../integration/engine/stand.ts';

/** A replay that spins never yields (facts/temporal 5): what takes longer has failed. */
const GUARD_MS = 15_000;

async function replay(workflowBundled: WorkflowBundleWithSourceMap, recorded: RecordedHistory): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const guard = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the replay of ${recorded.name} spins`)), GUARD_MS);
  });
  try {
    const running = Worker.runReplayHistory({ workflowBundle: workflowBundled }, recorded.history, recorded.workflowId);
    await Promise.race([running, guard]);
  } finally {
    clearTimeout(timer);
  }
}

describe('recorded histories', () => {
  const recorded = recordedHistories();
  let bundle: WorkflowBundleWithSourceMap;
  before(async () => {
    bundle = await workflowBundle();
  }).timeout(120_000);

  it('are there for every scenario', () => {
    const names = new Set(recorded.map(({ name }) => name.replace(/^v\d+\//, '').replace(/\.\d+$/, '')));
    assert.deepEqual([...names].sort(), Object.keys(scenarios).sort());
  });

  for (const history of recorded) {
    it(`replay with the code of today: ${history.name}`, () => replay(bundle, history)).timeout(GUARD_MS * 2);
  }

  it('fail to replay with a broken engine', async () => {
    const broken = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('broken-engine.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    });
    const incidents = recorded.filter(({ workflowId }) => /^incident\/[^/]+$/.test(workflowId));
    assert.ok(incidents.length > 0);
    for (const history of incidents)
      await assert.rejects(replay(broken, history), { name: 'DeterminismViolationError' }, history.name);
  }).timeout(180_000);
});
