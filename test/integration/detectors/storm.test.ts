import assert from 'node:assert/strict';
import type { DetectorConfig } from '../../../gateway/detectors/config.ts';
import { incidentWorkflowId } from '../../../contracts/ids.ts';
import { plainAlert, senders } from '../../unit/gateway/detectors/senders.ts';
import { until } from '../gateway/door-stand.ts';
import { DetectorsStand } from './detectors-stand.ts';

const STORM = 5_000;
const AT_ONCE = 50;
const TOLD_MAX = 20;

const detectors: readonly DetectorConfig[] = [
  {
    ...{ name: 'own', ...senders['standard-webhooks'].config, playbooks: ['campaign'], modes: ['live'] },
    rules: [{ playbook: 'campaign', inputs: { store: 'ci' }, about: 'campaign ${{ event.fields.campaign }}' }],
  },
];

describe('a storm of alerts', function () {
  this.timeout(300_000);
  let stand: DetectorsStand;

  before(async () => {
    stand = await DetectorsStand.open(detectors);
  });
  after(() => stand.close());

  it(`of ${STORM} of one campaign is one incident, counted exactly, and told to the run a few times`, async () => {
    const { door } = stand;
    const before = await stand.opened();
    const seen = new Map<string, number>();
    const incidents = new Set<string>();
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < STORM) {
        const n = next;
        next += 1;
        const text = plainAlert(n, { fields: { campaign: 'storm', n } });
        const { status, json } = await stand.deliver('own', senders['standard-webhooks'].send(n, Date.now(), text));
        const { outcome, incident = '' } = json.results[0]!;
        seen.set(`${status} ${outcome}`, (seen.get(`${status} ${outcome}`) ?? 0) + 1);
        incidents.add(incident);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    assert.deepEqual(Object.fromEntries(seen), { '202 started': 1, '202 joined': STORM - 1 });
    assert.deepEqual([(await stand.opened()) - before, incidents.size], [1, 1]);
    const [incident] = incidents;
    const { rows } = await door.test.raw.query<{ alerts: number; kept: number }>(
      'select (select sum(alerts)::int from leaks) as alerts, (select count(*)::int from alerts) as kept',
    );
    assert.deepEqual(rows, [{ alerts: STORM, kept: STORM }]);
    await stand.app.close(); // tells the run what it does not know yet
    await until('the fact of all alerts', async () =>
      (await door.view(incident!)).facts.find(({ key, value }) => key === 'alertsReceived' && value === STORM),
    );
    const { events } = await door.engine.client.workflow
      .getHandle(incidentWorkflowId(incident as never))
      .fetchHistory();
    const told = (events ?? []).filter(({ workflowExecutionUpdateAcceptedEventAttributes: one }) => one).length;
    assert.ok(told >= 1 && told <= TOLD_MAX, `told ${told} times`);
  });
});
