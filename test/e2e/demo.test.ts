import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { simpleParser, type ParsedMail } from 'mailparser';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import { verifyBundle } from '../../cli/bundle-verify.ts';
import { seededRandom } from '../../demo/world/random.ts';
import { brokenOf } from '../checker/check.ts';
import type { Verdict } from '../checker/verdict.ts';
import type { DemoOutcome } from '../../demo/outcome.ts';
import type { HeldSecret } from '../../demo/world/observe.ts';
import { runDemo } from './run-demo.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TOKENS = 300;
const PEOPLE = 200;
const KILL_AT = 80;
const CONNECTIONS = 8; // one slot each: as many messages may be in doubt after a kill
const DRAWN = 20;
const SEED = 7;

/** Judges a run by a folder with its record, as anyone would. @returns exit code and verdicts */
async function judge(
  { bundle }: DemoOutcome,
  record: string,
): Promise<{ readonly code: number; readonly verdicts: readonly Verdict[] }> {
  const anchor = join(dirname(bundle), '..', 'anchors.jsonl');
  const args = ['--bundle', bundle, '--record', record, '--anchor', anchor, '--json'];
  const said = (error: { readonly code?: unknown; readonly stdout?: string }) => ({
    ...error,
    code: Number(error.code),
  });
  const { code, stdout = '' } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', join(ROOT, 'test/checker/main.ts'), ...args],
    { cwd: ROOT },
  ).then((done) => ({ ...done, code: 0 }), said);
  return { code, verdicts: stdout === '' ? [] : (JSON.parse(stdout) as Verdict[]) };
}

/** What somebody could change in a record, and the invariant that is then broken. */
const DOCTORED: readonly (readonly [what: string, file: string, change: (text: string) => string, broken: string])[] = [
  ['a mail is missing', 'mail.jsonl', (text) => withoutNotices(text, 1), 'I1'],
  ['a mail is there twice', 'mail.jsonl', (text) => text + noticeLines(text)[0]!, 'I3'],
  ['a token is alive', 'issuer.jsonl', (text) => text.replace('"active":false', '"active":true'), 'I1'],
  [
    'an unknown token was revoked',
    'issuer.jsonl',
    (text) => `${JSON.stringify({ act: 'revoke', id: 'x', at: '' })}\n${text}`,
    'I4',
  ],
  ['a service died too early', 'issuer.jsonl', (text) => text.replaceAll(/^\{"act":"confirm".*\n/gm, ''), 'I4'],
  ['the ticket is missing', 'tickets.json', () => '[]', 'I1'],
  [
    'the card was posted twice',
    'chat.json',
    (text) => text.replace(/\{"id":"[^"]*","key":"[0-9a-f]{32}-card"\}/, '$&,$&'),
    'I2',
  ],
];

/** Lines of messages that are notices, with their ends. */
function noticeLines(text: string): readonly string[] {
  return text.split(/(?<=\n)/).filter((line) => /"id":"<[0-9a-f]{32}@/.test(line) && line.includes('@people.'));
}

function withoutNotices(text: string, count: number): string {
  return noticeLines(text)
    .slice(0, count)
    .reduce((rest, line) => rest.replace(line, ''), text);
}

/** Mails to affected people, drawn by seed, each with what its reader really held. */
async function drawMails(
  record: string,
): Promise<
  readonly { readonly mail: ParsedMail; readonly held: readonly HeldSecret[]; readonly others: readonly HeldSecret[] }[]
> {
  const holders = JSON.parse(readFileSync(join(record, 'holders.json'), 'utf8')) as Record<
    string,
    readonly HeldSecret[]
  >;
  const raw = readdirSync(join(record, 'mail')).map((name) => readFileSync(join(record, 'mail', name)));
  const toPeople = (await Promise.all(raw.map((text) => simpleParser(text)))).filter(
    (mail) => recipientOf(mail) in holders,
  );
  const random = seededRandom(SEED);
  return Array.from({ length: DRAWN }, () => {
    const mail = random.pick(toPeople);
    const held = holders[recipientOf(mail)]!;
    const own = new Set(held.map(({ hint }) => hint));
    const others = Object.values(holders)
      .flat()
      .filter(({ hint }) => !own.has(hint));
    return { mail, held, others };
  });
}

function recipientOf({ to }: ParsedMail): string {
  const [first] = to === undefined ? [] : Array.isArray(to) ? to : [to];
  return first?.value[0]?.address ?? '';
}

describe('firebreak demo', function () {
  this.timeout(240_000);
  const record = mkdtempSync(join(tmpdir(), 'firebreak-record-'));
  let run: Awaited<ReturnType<typeof runDemo>>;

  before(async () => {
    const size = ['--tokens', String(TOKENS), '--people', String(PEOPLE), '--seed', String(SEED)];
    run = await runDemo([...size, '--kill-worker-at', String(KILL_AT), '--record', record]);
  });
  after(() => rmSync(record, { recursive: true, force: true }));

  it('ends 0 with the incident closed though the worker was killed', () => {
    assert.equal(run.code, 0, run.said);
    assert.equal(run.outcome.status, 'closed');
    assert.equal(run.outcome.crashes, 1);
  });

  it('claims of credentials what the issuer observed', () => {
    const { credentials, observed } = run.outcome;
    assert.equal(credentials.verified, TOKENS);
    assert.equal(observed.issuer.active, 0);
    assert.equal(observed.issuer.revoked, TOKENS);
    assert.equal(observed.issuer.serviceActive, 0);
    assert.equal(observed.issuer.serviceDeadBeforeHandover, 0);
    assert.equal(credentials.rotated, observed.issuer.replacements);
  });

  it('tells everyone once, and lists whom it cannot be sure of', () => {
    const { notices, observed } = run.outcome;
    assert.equal(observed.mail.duplicates, 0);
    assert.equal(observed.mail.withManyRecipients, 0);
    assert.ok(notices.unknown <= CONNECTIONS, `${notices.unknown} unknown`);
    assert.ok(observed.mail.recipients + notices.unknown >= PEOPLE);
    const { refused } = observed.mail; // a worker that was killed may not have heard of it
    assert.ok(notices.unreachable <= refused && refused <= notices.unreachable + notices.unknown);
    assert.ok(observed.mail.bounced > 0, 'no mailbox came back later');
    assert.equal(notices.bounced, observed.mail.bounced);
    assert.equal(notices.failed, 0);
  });

  it('opens one ticket, records both filings and gives a bundle that verifies', async () => {
    const { tickets, observed, filings, bundle, journal } = run.outcome;
    assert.equal(tickets.length, 1);
    assert.equal(observed.tickets, 1);
    assert.deepEqual(filings.map(({ kind, state }) => `${kind} ${state}`).sort(), [
      'authority filed',
      'law-enforcement filed',
    ]);
    assert.ok(
      filings.every(({ dueAt, path }) => dueAt !== null && readFileSync(path, 'utf8').includes('DRAFT, not filed')),
    );
    assert.equal(journal.verified, true);
    assert.equal((await verifyBundle(bundle)).ok, true);
  });

  it('is judged by its own record, and found out where the record is another', async () => {
    const sound = await judge(run.outcome, record);
    assert.deepEqual([sound.code, brokenOf(sound.verdicts)], [0, []], JSON.stringify(sound.verdicts));
    const held = sound.verdicts.filter(({ verdict }) => verdict === 'holds').map(({ invariant }) => invariant);
    assert.deepEqual(held, ['I1', 'I2', 'I3', 'I4', 'I6', 'I7', 'I8']); // nothing fell due, nobody stopped, no drill
    for (const [what, file, change, broken] of DOCTORED) {
      const folder = mkdtempSync(join(tmpdir(), 'firebreak-doctored-'));
      for (const name of ['issuer.jsonl', 'mail.jsonl', 'tickets.json', 'chat.json'])
        cpSync(join(record, name), join(folder, name));
      const text = readFileSync(join(folder, file), 'utf8');
      assert.notEqual(change(text), text, what);
      writeFileSync(join(folder, file), change(text));
      const { code, verdicts } = await judge(run.outcome, folder);
      assert.deepEqual([code, brokenOf(verdicts)], [1, [broken]], what);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('writes mails that hold every required element', async () => {
    for (const { mail } of await drawMails(record)) {
      const text = mail.text ?? '';
      const wanted = [run.outcome.incident, 'hub.example.org/security/', 'privacy@hub.example.org'];
      for (const part of wanted) assert.ok(text.includes(part), `${part} is missing`);
      assert.ok(typeof mail.html === 'string' && mail.html.includes(run.outcome.incident));
      assert.match(text, /What happened|Was geschehen ist/);
      assert.match(text, /What you can do|Was Sie tun können/);
    }
  });

  it('writes mails that name only their reader’s secrets and claim nothing untrue of them', async () => {
    for (const { mail, held, others } of await drawMails(record)) {
      const lines = (mail.text ?? '').split('\n').filter((line) => line.startsWith('- ') && line.includes('...'));
      const named = held.filter(({ hint }) => lines.some((line) => line.includes(hint)));
      assert.equal(named.length, held.length, 'a secret of the reader is missing');
      assert.ok(
        !others.some(({ hint }) => lines.some((line) => line.includes(`...${hint}`))),
        'a secret of somebody else is named',
      );
      for (const line of lines) {
        const secret = held.find(({ hint }) => line.includes(`...${hint}`));
        const claimsDead = /we revoked it|haben es widerrufen/.test(line);
        if (claimsDead) assert.equal(secret?.dead, true, line);
      }
    }
  });

  it('writes mails without anything shaped like a token', async () => {
    for (const { mail } of await drawMails(record)) {
      const whole = `${mail.subject ?? ''}\n${mail.text ?? ''}\n${String(mail.html)}`;
      assert.equal(scrubTokens(whole), whole);
    }
  });
});
