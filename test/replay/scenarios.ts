import { byCommander, datasetOf, planOf } from '../support/plan-sketch.ts';
import type { Stand, StartedIncident } from '../integration/engine/stand.ts';

/** A run worth keeping: started on a stand, driven to its end. */
export type Scenario = (stand: Stand) => Promise<StartedIncident>;

const BY_COMMANDER = { by: 'casey', role: 'commander' } as const;

/** What histories are recorded of, by file name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  /** A dataset behind a gate, in pages, looked at afterwards. */
  'gate-and-rollout': async (stand) => {
    const incident = await stand.start(
      planOf([
        { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
        {
          ...{ id: 'contain', uses: 'credentials.revoke', needs: ['scope'], reads: ['scope'] },
          forEach: 'steps.scope.dataset',
          approval: byCommander(),
          rollout: { first: [], canary: 5, holdUntil: 'verified', page: 10, window: 4 },
          tags: ['mitigation'],
        },
        {
          id: 'prove',
          uses: 'credentials.verify',
          needs: ['contain'],
          reads: ['scope'],
          forEach: 'steps.scope.dataset',
        },
        { id: 'close', uses: 'incident.close', needs: ['prove'] },
      ]),
      {
        prepare: ({ scripts }) => {
          scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(42), count: 42 } });
        },
      },
    );
    await incident.approve(await incident.gate('contain'), 'casey', 'commander');
    await incident.result();
    return incident;
  },

  /** A rollout that holds after its canary: its permit is held, and opened by the answer. */
  'canary-asked': async (stand) => {
    const incident = await stand.start(
      planOf([
        { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
        {
          ...{ id: 'contain', uses: 'credentials.revoke', needs: ['scope'], reads: ['scope'] },
          forEach: 'steps.scope.dataset',
          approval: byCommander(),
          rollout: { first: [], canary: 5, holdUntil: 'approved', page: 10, window: 4 },
        },
        { id: 'close', uses: 'incident.close', needs: ['contain'] },
      ]),
      {
        prepare: ({ scripts }) => {
          scripts['credentials.list'] = () => ({ outputs: { dataset: datasetOf(42), count: 42 } });
        },
      },
    );
    await incident.approve(await incident.gate('contain'), 'casey', 'commander');
    await incident.approve(await incident.gate('contain', 'canary'), 'noor', 'commander');
    await incident.result();
    return incident;
  },

  /** Hand work, asked facts, duties, a wait for a fact. */
  'people-and-facts': async (stand) => {
    const incident = await stand.start(
      planOf([
        { id: 'law', uses: 'obligations.assess', outlives: 'close' },
        { id: 'aware', uses: 'facts.ask', with: { of: 'privacy', keys: ['awareAt'] } },
        { id: 'shut', uses: 'manual', with: { of: 'platform', text: 'entry-closed', sets: 'entryClosedAt' } },
        { id: 'final', uses: 'wait.for', with: { fact: 'scopeFinal', of: 'commander' } },
        { id: 'close', uses: 'incident.close', needs: ['aware', 'shut', 'final'] },
      ]),
    );
    await incident.until('the asks', ({ asks }) => asks.length === 3);
    const at = '2026-11-24T09:00:00Z';
    await incident.send('resolveStep', {
      step: 'aware',
      answer: 'done',
      by: 'priya',
      role: 'privacy',
      values: { awareAt: { at } },
    });
    await incident.send('resolveStep', {
      step: 'shut',
      answer: 'done',
      by: 'lee',
      role: 'platform',
      values: { value: { at } },
    });
    await incident.send('addFact', {
      key: 'scopeFinal',
      value: true,
      by: 'casey',
      source: 'person',
      confidence: 'decided',
    });
    await incident.result();
    return incident;
  },

  /** Failures, a retry, a skip, a stop and a resume. */
  'failure-and-stop': async (stand) => {
    const incident = await stand.start(
      planOf([
        { id: 'list', uses: 'credentials.list', with: { from: 'secrets-store' } },
        { id: 'post', uses: 'chat.post', needs: ['list'], with: { text: 'contained' } },
        { id: 'close', uses: 'incident.close', needs: ['post'] },
      ]),
      {
        prepare: ({ scripts }) => {
          scripts['credentials.list'] = ({ call }) => {
            if (call.visit === 1) throw new Error('the store is away');
          };
        },
      },
    );
    await incident.step('list', 'failed');
    await incident.send('stop', { ...BY_COMMANDER, reason: 'a look first' });
    await incident.send('resolveStep', { step: 'list', answer: 'retry', ...BY_COMMANDER });
    await incident.send('resume', { ...BY_COMMANDER, reason: 'go on' });
    await incident.result();
    return incident;
  },

  /** A second round of an inlined playbook. */
  rounds: async (stand) => {
    const incident = await stand.start(
      planOf(
        [
          { id: 'round', uses: 'playbook.run' },
          { id: 'round/sorted', uses: 'credentials.list', with: { from: { $cel: 'inputs.targets' } } },
          { id: 'final', uses: 'wait.for', with: { fact: 'scopeFinal', of: 'commander' } },
          { id: 'close', uses: 'incident.close', needs: ['round', 'final'] },
        ],
        {
          scopes: [{ id: 'round', parent: '', playbook: 'contain-and-tell', inputs: { targets: 'secrets-store' } }],
          amendments: { widen: { of: 'round', approval: byCommander() } },
        },
      ),
    );
    await incident.step('round/sorted', 'succeeded');
    await incident.send('amend', {
      run: 'widen',
      inputs: { targets: 'backup-store' },
      reason: 'more was exposed',
      ...BY_COMMANDER,
    });
    await incident.step('round/2/sorted', 'succeeded');
    await incident.send('addFact', {
      key: 'scopeFinal',
      value: true,
      by: 'casey',
      source: 'person',
      confidence: 'decided',
    });
    await incident.result();
    return incident;
  },
};
