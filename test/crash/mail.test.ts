import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { TEST_KEY, openTestLedger } from '../integration/ledger/open-test-ledger.ts';
import { cutPoints, runCell } from './cell.ts';
import { libraryText } from '../support/notice-stage.ts';
import { openPermit, pageCall } from '../support/page-calls.ts';
import { startMailSink, type MailSink } from '../../demo/world/mail-sink.ts';
import type { CompiledPlan } from '../../contracts/plan.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { MailSetting } from './mail-attempt.ts';
import type { PageResult } from '../../contracts/effects.ts';
import type { TestLedger } from '../integration/ledger/open-test-ledger.ts';

const PROGRAM = new URL('./mail-attempt.ts', import.meta.url);
const TARGETS = 60;
const CONNECTIONS = 4;
const DOMAIN = 'people.example.org';

describe('mail under fire', function () {
  this.timeout(90_000);
  let house: TestLedger;
  let sink: MailSink | undefined;
  let visit = 0;
  const text = libraryText('leaked-token.en');
  const hash = createHash('sha256').update(text).digest('hex') as Digest;

  before(async () => {
    house = await openTestLedger();
    await house.ledger.documents.putPlan({
      plan: { limits: {} } as CompiledPlan['plan'],
      planHash: hash,
      documents: { [hash]: { kind: 'text', name: 'leaked-token/en', body: text } },
    });
  });
  after(() => house.close());
  afterEach(async () => {
    await sink?.close();
    sink = undefined;
  });

  async function setUp(): Promise<{ readonly sink: MailSink; readonly setting: MailSetting }> {
    visit += 1;
    sink = await startMailSink(0);
    const { incident, ledger, url } = house;
    const rows = Array.from({ length: TARGETS }, (_, index) => ({
      subject: `v${visit}-reader-${index}`,
      attributes: {
        ...{ locale: 'en', relation: 'owner' },
        secrets: [{ subject: `v${visit}-${index}`, name: 'KEY', hint: `hf_...${index}`, issuer: 'own', kind: 'user' }],
      },
      sealed: { address: `v${visit}-p${index}@${DOMAIN}`, displayName: `Person ${index}` },
    }));
    const refs = await ledger.datasets.write(
      { incident, step: 'people', visit },
      { dataset: { kind: 'people', rows } },
    );
    const call = pageCall('notices.send', refs['dataset']!, {
      ...{ incident, visit, planHash: hash, texts: { 'leaked-token/en': hash } },
      with: { notice: 'leaked-token', template: 'leaked-token' },
    });
    await openPermit(ledger, call);
    const setting = {
      database: url,
      key: TEST_KEY.toString('base64'),
      port: sink.port,
      connections: CONNECTIONS,
      call,
    };
    return { sink, setting };
  }

  /**
   * By the mail server's own record: nobody was told twice, nobody by a message to several, and who was not told is counted
   * as unknown, at most one a connection.
   */
  function check(mail: MailSink, { counts, left }: PageResult): void {
    const { accepted = 0, unknown = 0 } = counts;
    const told = mail.messages.map(({ recipients }) => recipients.join());
    assert.equal(new Set(told).size, told.length, 'nobody is told twice');
    assert.equal(new Set(mail.messages.map(({ id }) => id)).size, told.length);
    assert.equal(mail.withManyRecipients(), 0);
    assert.equal(left, 0);
    assert.equal(accepted + unknown, TARGETS, 'nobody is lost');
    assert.ok(unknown <= CONNECTIONS, `${unknown} unknown with ${CONNECTIONS} connections`);
    assert.ok(told.length >= accepted && told.length <= accepted + unknown, 'accepted is what the server took');
  }

  for (const point of cutPoints) {
    for (const pass of point === 'settled-not-reported' ? [1] : [1, 25]) {
      it(`tells nobody twice and loses nobody when it dies at ${point}, pass ${pass}`, async () => {
        const { sink: mail, setting } = await setUp();
        check(mail, await runCell(PROGRAM, setting, `${point}:${pass}`));
      });
    }
  }

  it('leaves at most one unknown a connection in the very case that makes one', async () => {
    const { sink: mail, setting } = await setUp();
    const result = await runCell(PROGRAM, setting, 'request-sent:10');
    assert.ok((result.counts.unknown ?? 0) >= 1);
    check(mail, result);
  });

  it('resends what is unknown once where the step asks for it', async () => {
    const { sink: mail, setting } = await setUp();
    const call = { ...setting.call, onUnknown: 'resend' as const };
    const { counts } = await runCell(PROGRAM, { ...setting, call }, 'after-claim:10');
    assert.deepEqual(counts, { accepted: TARGETS });
    assert.equal(mail.recipientsOf(DOMAIN).size, TARGETS);
    assert.ok(mail.messages.length <= TARGETS + CONNECTIONS);
  });
});
