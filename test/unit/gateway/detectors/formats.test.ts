import assert from 'node:assert/strict';
import type { Authentic, DetectorEvent, ReadEvents } from '../../../../gateway/detectors/port.ts';
import { readAlertmanager } from '../../../../gateway/detectors/alertmanager.ts';
import { readCloudEvents } from '../../../../gateway/detectors/cloudevents.ts';
import { readEventbridge } from '../../../../gateway/detectors/eventbridge.ts';
import { readFalco } from '../../../../gateway/detectors/falco.ts';
import { readGithubPartner } from '../../../../gateway/detectors/github-partner.ts';
import { readGithubWebhook } from '../../../../gateway/detectors/github-webhook.ts';
import { readOcsf } from '../../../../gateway/detectors/ocsf.ts';
import { readPlainAlert } from '../../../../gateway/detectors/plain-alert.ts';
import { finding, partnerAlert, plainAlert, secretScanningAlert, tokenOf } from './senders.ts';

function authentic(body: unknown, headers: Authentic['headers'] = {}): Authentic {
  return { ids: [], body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), headers };
}

function one(read: ReadEvents, body: unknown, headers?: Authentic['headers']): DetectorEvent {
  const events = read(authentic(body, headers));
  assert.equal(events.length, 1);
  return events[0]!;
}

function refuses(read: ReadEvents, body: unknown, headers?: Authentic['headers']): void {
  assert.throws(() => read(authentic(body, headers)), { code: 'DETECTOR_BODY_INVALID' });
}

describe('formats of alerts', () => {
  it('keeps credentials out of what rules read, wherever they stand', () => {
    const [match] = readGithubPartner(authentic(partnerAlert(1)));
    assert.equal(match!.credentials![0]!.value, tokenOf(1));
    assert.ok(!JSON.stringify(match!.fields).includes(tokenOf(1)));
    const hidden = { a: [{ [tokenOf(2)]: `see ${tokenOf(3)}` }] };
    for (const event of [
      one(readPlainAlert, plainAlert(1, { fields: hidden })),
      one(readEventbridge, finding(1, hidden)),
      one(readCloudEvents, { specversion: '1.0', id: tokenOf(2), source: '/s', type: tokenOf(3), data: hidden }),
    ])
      for (const n of [2, 3]) assert.ok(!JSON.stringify(event).includes(tokenOf(n)), JSON.stringify(event));
  });

  it('never takes the secret of an alert from a body, nor an address', () => {
    const body = JSON.parse(secretScanningAlert(6)) as { alert: object };
    const sent = { ...body, alert: { ...body.alert, secret: 'planted', url: 'https://evil.example/alert' } };
    const event = one(readGithubWebhook, sent);
    assert.equal(event.secretPath, '/repos/example/app/secret-scanning/alerts/7');
    assert.equal(event.credentials, undefined);
    assert.ok(!JSON.stringify(event.fields).includes('planted'));
    for (const repository of ['example/..', 'example/a/b', '../x', 'example/app?x', 'example/%2e%2e', 'example'])
      refuses(readGithubWebhook, { ...body, repository: { full_name: repository } });
    for (const number of [0, -1, 1.5, '7', null, 2 ** 60])
      refuses(readGithubWebhook, { ...body, alert: { ...body.alert, number } });
    assert.equal(one(readGithubWebhook, { zen: 'Design for failure.', hook: {} }).kind, 'ping');
  });

  it('knows samples of GuardDuty in each of their forms', () => {
    for (const detail of [
      { service: { additionalInfo: { sample: true } } },
      { service: { additionalInfo: { value: '{"sample":true}', type: 'default' } } },
      { title: '[SAMPLE] Anomalous' },
    ])
      assert.equal(one(readEventbridge, finding(1, detail)).sample, true, JSON.stringify(detail));
    const real = one(readEventbridge, finding(1));
    assert.deepEqual([real.sample, real.id, real.severity], [false, 'finding-1', 'high']);
    const severities = [1, 3.9, 4, 6.9, 7, 8.9, 9].map(
      (severity) => one(readEventbridge, finding(1, { severity })).severity,
    );
    assert.deepEqual(severities, ['low', 'low', 'medium', 'medium', 'high', 'high', 'critical']);
    refuses(readEventbridge, '{"findings":[]}');
    assert.equal(one(readEventbridge, { source: 'aws.s3', 'detail-type': 'X', id: 'e' }).kind, 'aws.s3/X');
  });

  it('reads CloudEvents structured, in a batch, and in headers that the proof covers', () => {
    // attributes of the conformance suite: cloudevents/conformance, features/http-protocol-binding.feature
    const event = {
      specversion: '1.0',
      type: 'com.example.test',
      source: 'urn:event:from:myapi/resource/123',
      id: '1234',
    };
    const structured = one(readCloudEvents, { ...event, time: '2018-04-05T03:56:24Z', data: { a: 1 } });
    assert.deepEqual([structured.id, structured.kind], [`${event.source}#1234`, event.type]);
    const headers = Object.fromEntries(Object.entries(event).map(([name, value]) => [`ce-${name}`, value]));
    const binary = one(readCloudEvents, { a: 1 }, { ...headers, 'ce-subject': 'Euro%20%E2%82%AC' });
    assert.deepEqual([binary.id, binary.fields['data'], binary.fields['subject']], [structured.id, { a: 1 }, 'Euro €']);
    assert.equal(readCloudEvents(authentic([event, { ...event, id: '2' }])).length, 2);
    refuses(readCloudEvents, []);
    for (const name of Object.keys(event)) refuses(readCloudEvents, { ...event, [name]: '' });
    refuses(readCloudEvents, { ...event, specversion: '0.3' });
    refuses(readCloudEvents, { ...event, 'Bad-Name': 1 });
    refuses(readCloudEvents, '', { ...headers, 'ce-subject': '%E2%82' });
    assert.equal(one(readCloudEvents, { ...event, test: 'true' }).sample, true);
  });

  it('reads detection findings of OCSF, seconds and milliseconds alike', () => {
    const event = {
      class_uid: 2004,
      category_uid: 2,
      activity_id: 1,
      severity_id: 4,
      finding_info: { uid: 'f1', title: 't' },
    };
    const [seconds, ms] = [1_723_564_700, 1_723_564_700_000].map((time) => one(readOcsf, { ...event, time }));
    assert.equal(seconds!.time, '2024-08-13T15:58:20.000Z');
    assert.equal(ms!.time, seconds!.time);
    assert.deepEqual([ms!.kind, ms!.severity, ms!.sample], ['detection-finding.create', 'high', false]);
    assert.equal(one(readOcsf, { ...event, severity_id: 0 }).severity, undefined);
    assert.equal(one(readOcsf, { ...event, activity_id: 3 }).kind, 'detection-finding.close');
    assert.equal(one(readOcsf, { ...event, finding_info: { uid: 'f', title: '[SAMPLE] x' } }).sample, true);
    assert.equal(one(readOcsf, { class_uid: 3002 }).kind, 'ocsf.3002');
    refuses(readOcsf, { ...event, finding_info: {} });
    refuses(readOcsf, { ...event, class_uid: '2004' });
  });

  it('reads each alert of Alertmanager, and keeps its id while it is sent again', () => {
    const alert = {
      status: 'firing',
      labels: { alertname: 'Leak', severity: 'critical' },
      startsAt: '2026-05-04T09:00:00Z',
      fingerprint: 'c0ffee',
    };
    const body = { version: '4', groupKey: '{}', status: 'firing', alerts: [alert] };
    const event = one(readAlertmanager, body);
    assert.deepEqual([event.kind, event.severity, event.id], ['Leak', 'critical', 'c0ffee@2026-05-04T09:00:00.000Z']);
    assert.equal(one(readAlertmanager, { ...body, alerts: [{ ...alert, status: 'resolved' }] }).kind, 'Leak.resolved');
    refuses(readAlertmanager, { ...body, version: '3' });
    refuses(readAlertmanager, { ...body, alerts: [] });
    refuses(readAlertmanager, { ...body, alerts: [{ labels: {} }] });
  });

  it('reads Falco, whose test is a test', () => {
    const body = {
      uuid: 'u',
      rule: 'Read sensitive file',
      priority: 'Warning',
      time: '2026-05-04T09:00:00Z',
      output_fields: {},
    };
    const event = one(readFalco, body);
    assert.deepEqual([event.kind, event.severity, event.sample], ['Read sensitive file', 'medium', false]);
    assert.equal(one(readFalco, { ...body, rule: 'Test rule' }).sample, true);
    refuses(readFalco, { rule: 'x' });
  });

  it('takes a doubtful mark of a test for a test', () => {
    for (const [test, sample] of [
      [true, true],
      ['yes', true],
      [0, true],
      [null, true],
      [false, false],
      ['false', false],
    ])
      assert.equal(one(readPlainAlert, plainAlert(1, { test })).sample, sample, String(test));
    assert.equal(one(readPlainAlert, plainAlert(1)).sample, false);
  });

  it('keeps no NUL, no half of a character and no odd id', () => {
    const event = one(
      readPlainAlert,
      `{"id":"a\\u0000\\u001b[31m${'x'.repeat(300)}","kind":"k\\n","fields":{"a":"\\ud800b\\u0000"}}`,
    );
    assert.match(event.id, /^[\x20-\x7e]{200}$/);
    assert.deepEqual([event.kind, event.fields], ['k?', { a: 'b' }]);
  });
});
