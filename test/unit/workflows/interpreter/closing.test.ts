import assert from 'node:assert/strict';
import { DrivenCore, targetsOf } from '../../../support/driven-core.ts';
import { planOf, type StepSketch } from '../../../support/plan-sketch.ts';
import type { ObligationStatus } from '../../../../contracts/messages.ts';

const READ = { uses: 'credentials.list', with: { from: 'secrets-store' } } as const;
const CLOSE: StepSketch = { id: 'close', uses: 'incident.close' };

describe('incident.close', () => {
  it('waits and names what is open until every step has ended or outlives it', () => {
    const core = new DrivenCore(
      planOf([{ id: 'a', ...READ }, { id: 'watch', uses: 'credentials.watch', outlives: 'close' }, CLOSE]),
    );
    const { error, waitsFor } = core.step('close');
    assert.deepEqual([error?.code, waitsFor], ['INCIDENT_STEP_OPEN', 'duty']);
    assert.match(error?.message ?? '', /: a$/);
    core.end('a');
    assert.ok(core.started.includes('close'));
    assert.equal(core.step('close').error, undefined);
  });

  it('names an open round before its steps, and a failure that nobody has decided on', () => {
    const scopes = [{ id: 'round', parent: '', playbook: 'contain-and-tell' }];
    const open = new DrivenCore(
      planOf([{ id: 'round', uses: 'playbook.run' }, { id: 'round/a', ...READ }, CLOSE], { scopes }),
    );
    assert.equal(open.step('close').error?.code, 'INCIDENT_ROUND_OPEN');
    const failed = new DrivenCore(planOf([{ id: 'a', ...READ }, CLOSE]));
    failed.fail('a');
    assert.equal(failed.step('close').error?.code, 'INCIDENT_STEP_OPEN');
  });

  it('is not asked about when a duty is open: it shows the duty and tries again when something changes', () => {
    const core = new DrivenCore(planOf([CLOSE]));
    core.fail('close', 'INCIDENT_DUTY_OPEN');
    assert.deepEqual([core.step('close').error?.code, core.status.gates.length], ['INCIDENT_DUTY_OPEN', 0]);
    assert.equal(core.started.length, 1);
    core.addFact('riskToPeople', 'unlikely');
    assert.equal(core.started.length, 2);
    core.fail('close', 'INCIDENT_DUTY_OPEN');
    core.sleep(15 * 60_000);
    assert.equal(core.started.length, 3, 'a duty may be settled without a message');
    core.end('close');
    assert.equal(core.status.state, 'closed');
    assert.equal(core.interpreter.isFinished, true);
  });

  it('refuses every update afterwards', () => {
    const core = new DrivenCore(planOf([CLOSE]));
    core.end('close');
    const fact = { key: 'scopeFinal', value: true, by: 'casey', source: 'person', confidence: 'decided' } as const;
    assert.equal(core.say('addFact', fact), 'INCIDENT_OVER');
  });
});

describe('the state of an incident', () => {
  it('goes up as the steps that carry it end, and never down', () => {
    const core = new DrivenCore(
      planOf([
        { id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets', tags: ['mitigation'] },
        { id: 'tell', uses: 'notices.send', needs: ['contain'], forEach: 'inputs.targets' },
        { id: 'rest', ...READ, needs: ['tell'] },
        { ...CLOSE, needs: ['rest'] },
      ]),
      { inputs: targetsOf(3) },
    );
    const states = [core.status.state];
    for (const step of ['contain', 'tell', 'rest', 'close']) {
      core.end(step);
      states.push(core.status.state);
    }
    assert.deepEqual(states, ['declared', 'contained', 'told', 'recovered', 'closed']);
    assert.deepEqual(
      core.all('setState').map(({ state }) => state),
      states.slice(1),
    );
  });

  it('passes over what the plan has no steps for', () => {
    const core = new DrivenCore(
      planOf([
        { id: 'a', ...READ },
        { ...CLOSE, needs: ['a'] },
      ]),
    );
    core.end('a');
    core.end('close');
    assert.deepEqual(
      core.all('setState').map(({ state }) => state),
      ['recovered', 'closed'],
    );
  });

  it('stays declared while a round that may contain has not opened', () => {
    const scopes = [{ id: 'round', parent: '', playbook: 'contain-and-tell' }];
    const core = new DrivenCore(
      planOf(
        [
          { id: 'first', uses: 'credentials.revoke', forEach: 'inputs.targets', tags: ['mitigation'] },
          { id: 'list', ...READ },
          { id: 'round', uses: 'playbook.run', needs: ['list'] },
          { id: 'round/contain', uses: 'credentials.revoke', forEach: 'inputs.targets', tags: ['mitigation'] },
        ],
        { scopes },
      ),
      { inputs: targetsOf(3) },
    );
    core.end('first');
    assert.equal(core.status.state, 'declared');
  });
});

describe('duties', () => {
  const duty: ObligationStatus = {
    ...{ id: 'eu.gdpr.art33', title: 'Tell the authority', source: 'GDPR Art. 33(1)', of: 'privacy' },
    ...{ state: 'running', dueAt: '2026-11-24T12:00:00Z' },
  };

  it('are assessed when the step starts and at every fact, one assessment at a time', () => {
    const core = new DrivenCore(planOf([{ id: 'law', uses: 'obligations.assess', outlives: 'close' }]));
    core.addFact('affectedPeople', 1);
    core.addFact('affectedPeople', 2);
    assert.equal(core.all('assess').length, 1);
    core.tell({ kind: 'assessed', obligations: [duty] });
    assert.deepEqual(core.step('law').outputs, { obligations: 1, nextDueAt: duty.dueAt });
    assert.equal(core.all('assess').length, 2);
    assert.deepEqual(core.all('assess')[1]?.facts, { affectedPeople: 2 });
  });

  it('show as overdue the moment their time has passed', () => {
    const core = new DrivenCore(planOf([{ id: 'law', uses: 'obligations.assess', outlives: 'close' }]));
    core.tell({ kind: 'assessed', obligations: [duty] });
    core.sleep(2 * 3_600_000 - 1);
    assert.equal(core.status.obligations[0]?.state, 'running');
    core.sleep(1);
    assert.equal(core.status.obligations[0].state, 'overdue');
  });

  it('stand as they are when they cannot be found anew; admins are asked, and the next fact tries again', () => {
    const core = new DrivenCore(planOf([{ id: 'law', uses: 'obligations.assess', outlives: 'close' }]));
    core.tell({ kind: 'assessed', obligations: [duty] });
    core.addFact('affectedPeople', 2);
    const error = { code: 'DURATION_INVALID', message: 'no such time' };
    core.tell({ kind: 'assessFailed', error });
    assert.deepEqual(
      core.status.obligations.map(({ id }) => id),
      [duty.id],
    );
    const text = 'duties were not found anew (DURATION_INVALID): no such time';
    assert.deepEqual(core.status.openItems, [{ step: 'law', text }]);
    assert.deepEqual(
      core.all('page').map((page) => [page.people, page.text]),
      [[['ada'], text]],
    );
    assert.equal(core.all('assess').length, 2, 'not before something has changed');
    core.addFact('affectedPeople', 3);
    assert.equal(core.all('assess').length, 3);
    core.tell({ kind: 'assessed', obligations: [duty] });
    assert.deepEqual(core.status.openItems, []);
  });

  it('keep a draft waiting while they are assessed', () => {
    const core = new DrivenCore(
      planOf([
        { id: 'law', uses: 'obligations.assess', outlives: 'close' },
        { id: 'draft', uses: 'filings.draft', with: { kind: 'authority', template: 'gdpr-art-33' } },
      ]),
    );
    assert.deepEqual(core.started, []);
    core.tell({ kind: 'assessed', obligations: [] });
    assert.deepEqual(core.started, ['draft']);
  });
});

describe('the status card', () => {
  it('is redrawn once there is a room, when something on it changes, not more often than every five seconds', () => {
    const core = new DrivenCore(
      planOf([
        { id: 'room', uses: 'chat.open', with: { name: 'x' } },
        { id: 'a', ...READ },
        { id: 'b', ...READ },
      ]),
    );
    assert.equal(core.all('card').length, 0);
    core.end('room', { id: 'C1' });
    assert.equal(core.all('card').length, 1);
    core.end('a');
    core.tell({ kind: 'cardDrawn' });
    assert.equal(core.all('card').length, 1, 'too soon');
    core.sleep(5_000);
    assert.equal(core.all('card').length, 2);
    core.tell({ kind: 'cardDrawn' });
    core.sleep(60_000);
    assert.equal(core.all('card').length, 2, 'nothing new');
  });
});
