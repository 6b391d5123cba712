import { ApplicationFailure } from '@temporalio/common';
import { permitId } from '../../../contracts/ids.ts';
import { planOf } from '../../support/plan-sketch.ts';
import { Stand } from './stand.ts';
import type { Outside } from './outside.ts';

const CASEY = { by: 'casey', role: 'commander' } as const;

/** As the registry says: a stop is retried, like an outage. */
function neverDone(outside: Outside, action: string): void {
  outside.scripts['engine.setPermit'] = ({ call }) => {
    const { state } = call as unknown as { state: string };
    outside.permits.set(`word of ${call.step}`, { state, gate: undefined, turn: 0 });
    // Open for the test's own proof, which would end the step at once.
    outside.permits.set(permitId(call.incident, call.step, call.visit), { state: 'open', gate: undefined, turn: 0 });
    return true;
  };
  outside.scripts[action] = ({ call }) => {
    const isOpen = outside.permits.get(`word of ${call.step}`)?.state === 'open';
    const type = isOpen ? 'CONNECTOR_UNREACHABLE' : 'STEP_STOPPED';
    throw ApplicationFailure.create({ type, message: 'retryable' });
  };
}

describe('a step that is given up while it runs, on a real Temporal server', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  const retry = { max: 0, firstMs: 100, factor: 1, capMs: 200 };
  for (const [answer, state] of [
    ['skip', 'skipped'],
    ['mark-done', 'succeeded'],
  ] as const)
    it(`ends when it was stopped and answered with ${answer}`, async () => {
      const incident = await stand.start(
        planOf([{ id: 'ticket', uses: 'tickets.open', with: { queue: 'q', template: 't' }, retry }]),
        { prepare: (outside) => neverDone(outside, 'tickets.open') },
      );
      await incident.until('attempts', () => incident.outside.of('tickets.open').length > 2);
      await incident.send('stop', { step: 'ticket', reason: 'not now', ...CASEY });
      await incident.send('resolveStep', { step: 'ticket', answer, ...CASEY });
      await incident.step('ticket', state);
      await incident.result();
      await incident.replay();
    });

  it('ends though it goes on in a child of its own', async () => {
    const incident = await stand.start(
      planOf([
        { id: 'ticket', uses: 'tickets.open', with: { queue: 'q', template: 't' }, retry, outlives: 'close' },
        { id: 'hand', uses: 'manual', with: { of: 'privacy', text: 'by hand' } },
      ]),
      { prepare: (outside) => neverDone(outside, 'tickets.open') },
    );
    await incident.until('attempts', () => incident.outside.of('tickets.open').length > 2);
    await incident.send('stop', { step: 'ticket', reason: 'not now', ...CASEY });
    await incident.send('resolveStep', { step: 'ticket', answer: 'skip', ...CASEY });
    await incident.step('ticket', 'skipped');
    await incident.handle.terminate();
  });
});
