import assert from 'node:assert/strict';
import { listenForBounces, type BounceListener } from '../../../activities/notices/bounce-listener.ts';
import { takeBounce } from '../../../activities/notices/bounces.ts';
import { bounceReport, complaintReport } from '../../support/delivery-reports.ts';
import { ask, doorKey, standDeps } from '../../unit/gateway/stand.ts';
import { deliver, NoticeHouse } from './notice-house.ts';

const MAX_BYTES = 16_384;

describe('what comes back', function () {
  this.timeout(60_000);
  let house: NoticeHouse;
  let listener: BounceListener;
  let port: number;
  const lines: string[] = [];

  before(async () => {
    house = await NoticeHouse.open();
    const door = { host: '127.0.0.1', port: 0, maxBytes: MAX_BYTES };
    listener = listenForBounces(door, house.test.ledger, (line) => lines.push(line));
    port = await listener.port;
  });

  after(async () => {
    await listener.close();
    await house.close();
  });

  it('by mail marks the notice bounced; delivered again it changes nothing', async () => {
    const { returnPath, subject } = await house.sent('dead');
    assert.match(await deliver(port, returnPath, bounceReport(returnPath)), /^250 .*noted as failed/);
    assert.equal(await house.stateOf(subject), 'bounced');
    const receipts = await house.receiptsOf(subject);
    assert.match(await deliver(port, returnPath, bounceReport(returnPath)), /^250 .*noted before/);
    assert.deepEqual(await house.receiptsOf(subject), receipts);
  });

  it('as a complaint marks the notice complained', async () => {
    const { returnPath, subject } = await house.sent('cross');
    assert.match(await deliver(port, returnPath, complaintReport(returnPath)), /^250 .*noted as complained/);
    assert.equal(await house.stateOf(subject), 'complained');
  });

  it('to an address that nobody here made is refused before it is read', async () => {
    const { returnPath, subject } = await house.sent('calm');
    const forged = returnPath.replace(/\.[0-9a-f]{16}@/, `.${'0'.repeat(16)}@`);
    for (const to of [forged, 'postmaster@bounces.example.org', 'bounce+x@bounces.example.org'])
      assert.match(await deliver(port, to, bounceReport(to)), /^550 5\.1\.1/);
    assert.equal(await house.stateOf(subject), 'accepted');
  });

  it('as anything but a report is refused', async () => {
    const { returnPath, subject } = await house.sent('away');
    const answer = `From: a@example.org\r\nTo: ${returnPath}\r\nSubject: Out of office\r\n\r\nBack on Monday.`;
    assert.match(await deliver(port, returnPath, answer), /^554 .*NOTICE_BOUNCE_UNKNOWN/);
    assert.match(await deliver(port, returnPath, bounceReport(returnPath) + 'x'.repeat(MAX_BYTES)), /^552/);
    assert.equal(await house.stateOf(subject), 'accepted');
    assert.ok(
      lines.length > 0 && lines.every((line) => !line.includes('@')),
      'the operator hears of it, without addresses',
    );
  });

  it('before the notice has its outcome is asked for again', async () => {
    const { returnPath, subject } = await house.sent('quick');
    await house.test.raw.query("update effects set state = 'claimed' where subject = $1", [subject]);
    assert.match(await deliver(port, returnPath, bounceReport(returnPath)), /^451/);
    await house.test.raw.query("update effects set state = 'accepted' where subject = $1", [subject]);
    assert.match(await deliver(port, returnPath, bounceReport(returnPath)), /^250/);
    assert.equal(await house.stateOf(subject), 'bounced');
  });

  it('by a hook over HTTP does the same', async () => {
    const { returnPath, subject } = await house.sent('hook');
    const opensNothing = await house.test.another({ opens: [] });
    const deps = standDeps({
      keys: [doorKey('mail-provider', { roles: ['postmaster'] })],
      takeBounce: (raw, recipient = '') => takeBounce(raw, { ledger: opensNothing, recipient }),
    });
    const post = (body: string, type = 'message/rfc822') =>
      ask(deps, {
        ...{ method: 'POST', url: '/v1/bounces', as: 'mail-provider', body },
        headers: { 'content-type': type },
      });
    const { status, json } = await post(bounceReport(returnPath));
    assert.deepEqual([status, json], [200, { incident: house.test.incident, action: 'failed', status: '5.1.1' }]);
    assert.equal(await house.stateOf(subject), 'bounced');
    assert.equal((await post(bounceReport(returnPath))).text, '{"incident":"","action":"repeated","status":""}');
    assert.equal((await post(bounceReport('a@example.org'))).json.code, 'NOTICE_BOUNCE_UNKNOWN');
    assert.equal((await post('{}', 'application/json')).json.code, 'GATEWAY_MEDIA_TYPE');
    assert.equal((await post('x'.repeat(1024 * 1024 + 1))).json.code, 'GATEWAY_BODY_TOO_LARGE');
  });

  it('after the incident has closed and its keys are gone is recorded all the same', async () => {
    const { returnPath, subject } = await house.sent('late');
    const { ledger, incident } = house.test;
    await ledger.incidents.setState(incident, 'closed');
    await ledger.incidents.destroyKeys(incident, 'people');
    await ledger.incidents.destroyKeys(incident, 'secrets');
    await deliver(port, returnPath, bounceReport(returnPath));
    assert.equal(await house.stateOf(subject), 'bounced');
    assert.deepEqual((await house.receiptsOf(subject)).slice(-1), ['observation bounced']);
  });
});

describe('listenForBounces', function () {
  this.timeout(60_000);

  it('takes a port over when the worker that had it ends', async () => {
    const house = await NoticeHouse.open();
    let refused: () => void = () => undefined;
    const isRefused = new Promise<void>((resolve) => (refused = resolve));
    const open = (port: number): BounceListener =>
      listenForBounces({ host: '127.0.0.1', port, maxBytes: MAX_BYTES }, house.test.ledger, () => {
        refused();
      });
    const first = open(0);
    const port = await first.port;
    const second = open(port);
    await isRefused;
    await first.close();
    assert.equal(await second.port, port);
    const { returnPath, subject } = await house.sent('moved');
    await deliver(port, returnPath, bounceReport(returnPath));
    assert.equal(await house.stateOf(subject), 'bounced');
    await second.close();
    await house.close();
  });
});
