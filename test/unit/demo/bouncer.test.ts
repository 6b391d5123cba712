import assert from 'node:assert/strict';
import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import { Bouncer, deliveryReport, RELAYED_DOMAIN } from '../../../demo/world/bouncer.ts';
import { inventStory } from '../../../demo/world/story.ts';
import { readReport } from '../../../activities/notices/report.ts';
import type { AddressInfo } from 'node:net';

const SENDER = `bounce+${'a'.repeat(32)}.1.${'b'.repeat(16)}@bounces.example.org`;
const undelivered = {
  from: SENDER,
  recipients: [`p1@${RELAYED_DOMAIN}`],
  raw: 'From: security@example.org\r\nSubject: What happened\r\n\r\nA text that only its reader should have.\r\n',
};

/** A server that takes reports, after so many answers of a code. @returns where it listens and what it took */
async function startTaker(refusals: number, responseCode: number) {
  const taken: { readonly from: unknown; readonly to: string; readonly raw: string }[] = [];
  let asked = 0;
  const server = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'], disableReverseLookup: true, logger: false },
    onData(stream, { envelope }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        asked += 1;
        if (asked <= refusals) {
          callback(Object.assign(new Error('not now'), { responseCode }));
          return;
        }
        const { address } = envelope.mailFrom || { address: undefined };
        taken.push({ from: address, to: envelope.rcptTo[0]!.address, raw: Buffer.concat(chunks).toString('utf8') });
        callback();
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    taken,
    asked: () => asked,
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

describe('deliveryReport', () => {
  it('is a report of a failure that says whose, and repeats no more than the headers', async () => {
    const report = deliveryReport(undelivered, new Date(0));
    assert.deepEqual(await readReport(Buffer.from(report)), { what: 'failed', status: '5.1.1' });
    assert.match(report, /^Final-Recipient: rfc822; p1@relayed\.example\.org\r$/m);
    assert.match(report, /^Subject: What happened\r$/m);
    assert.ok(!report.includes('only its reader'));
  });
});

describe('Bouncer', function () {
  this.timeout(30_000);

  it('sends a report without an envelope sender, and again while it is put off', async () => {
    const taker = await startTaker(1, 451);
    const bouncer = new Bouncer(taker.port, 0);
    bouncer.bounce(undelivered);
    await bouncer.settled(20_000);
    assert.equal(taker.asked(), 2);
    const [report] = taker.taken;
    assert.deepEqual([report?.from, report?.to], ['', SENDER]);
    bouncer.close();
    await taker.close();
  });

  it('gives up a report that is refused for good', async () => {
    const taker = await startTaker(1, 554);
    const bouncer = new Bouncer(taker.port, 0);
    bouncer.bounce(undelivered);
    await bouncer.settled(20_000);
    assert.deepEqual([taker.asked(), taker.taken.length], [1, 0]);
    bouncer.close();
    await taker.close();
  });

  it('keeps trying where nobody listens, and is waited for no longer than asked', async () => {
    const taker = await startTaker(0, 0);
    await taker.close();
    const bouncer = new Bouncer(taker.port, 0);
    bouncer.bounce(undelivered);
    const startedAt = performance.now();
    await bouncer.settled(300);
    assert.ok(performance.now() - startedAt >= 250, 'it did not wait');
    bouncer.close();
    await bouncer.settled(20_000);
  });
});

describe('inventStory', () => {
  it('has as many mailboxes refused as come back later, and no more than before in all', () => {
    const { people } = inventStory({ tokens: 2_000, people: 1_500, seed: 1 });
    const count = (mailbox: string): number => people.filter((person) => person.mailbox === mailbox).length;
    assert.deepEqual([count('works'), count('refused'), count('bounces')], [1_500, 8, 7]);
    const addresses = people.filter(({ mailbox }) => mailbox === 'bounces').map(({ address }) => address);
    assert.ok(addresses.every((address) => address.endsWith(`@${RELAYED_DOMAIN}`)));
  });
});
