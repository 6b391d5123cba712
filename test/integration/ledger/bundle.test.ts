import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { verifyBundle, type BundleVerdict } from '../../../cli/bundle-verify.ts';
import type { IncidentId } from '../../../contracts/ids.ts';
import type { Audience } from '../../../ledger/bundle/audience.ts';
import { exportBundle } from '../../../ledger/bundle/export-bundle.ts';
import { rechained, resigned, type BundleEntry as Entry } from '../../support/resigned-bundle.ts';
import { openRequest, openTestLedger, settled, targetsOf, type TestLedger } from './open-test-ledger.ts';

const keys = generateKeyPairSync('ed25519');
const signingKeyPem = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const ADDRESS = ['someone', 'example.org'].join('@');
const RAW = ['raw', 'value'].join('-');

describe('exportBundle', () => {
  let test: TestLedger;
  let folder: string;
  let bundle: string;
  let anchor: string;

  const path = (name: string): string => join(folder, name);
  const read = (): readonly Entry[] =>
    readFileSync(bundle, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry);

  /** Verifies some other content. */
  async function verdictOn(content: string | Uint8Array, options = {}): Promise<BundleVerdict> {
    const file = path('changed.fbb');
    writeFileSync(file, content);
    return verifyBundle(file, options);
  }

  async function failure(content: string | Uint8Array, options = {}): Promise<string> {
    const verdict = await verdictOn(content, options);
    assert.equal(verdict.ok, false, 'verified');
    return verdict.code;
  }

  async function put(name: string, audience: string, privilege: 'none' | 'counsel' = 'none'): Promise<void> {
    const body = Buffer.from(`text of ${name}`);
    const handling = { tlp: 'AMBER', privilege, audience };
    await test.ledger.documents.put(test.incident, { name, mediaType: 'text/plain', body, by: 'engine', handling });
  }

  async function fill(incident: IncidentId): Promise<void> {
    const { ledger } = test;
    const people = [{ subject: 'p1', attributes: { locale: 'en' }, sealed: { address: ADDRESS } }];
    const credentials = [{ subject: 'c1', attributes: { hint: 'x' }, sealed: { value: RAW } }];
    await ledger.datasets.write(
      { incident, step: 'scope', visit: 1 },
      { people: { kind: 'people', rows: people }, credentials: { kind: 'credentials', rows: credentials } },
    );
    const lease = { id: 'lease', epoch: 1, permit: 'permit' };
    const effect = { incident, action: 'credentials.revoke', class: 'idempotent', longestRequestMs: 0 } as const;
    await ledger.effects.setPermit('permit', incident, 'open');
    await ledger.effects.takeLease(lease, incident);
    const { mine } = await ledger.effects.claim(lease, effect, targetsOf(['c1']));
    await ledger.effects.settle(lease, effect, settled(mine));
    const drafts = Array.from({ length: 30 }, (_, index) => ({
      ...{ key: `fact:${index}`, kind: 'fact' as const, actor: 'alice', body: { index, note: 'näïve \u2028 text' } },
    }));
    await ledger.journal.append(incident, drafts);
    await put('report.md', 'response');
    await put('notice.md', 'authority');
    await put('referral.md', 'law-enforcement');
    await put('audit.jsonl', 'evidence');
    await put('advice.md', 'response', 'counsel');
    await ledger.journal.append(incident, [{ key: 'end', kind: 'incident.closed', actor: 'engine', body: {} }]);
  }

  const exported = (audience: Audience, name: string) =>
    exportBundle(test.ledger, test.incident, { signingKeyPem, audience, out: path(name) });

  before(async () => {
    test = await openTestLedger();
    folder = mkdtempSync(join(tmpdir(), 'firebreak-bundle-'));
    await fill(test.incident);
    const { head } = await exported('auditor', 'auditor.fbb');
    bundle = path('auditor.fbb');
    anchor = path('anchors.jsonl');
    const line = { incident: test.incident, ...head, at: '2026-05-01T10:00:00.000Z' };
    writeFileSync(anchor, `${JSON.stringify({ ...line, incident: 'INC-2020-0001' })}\n${JSON.stringify(line)}\n`);
    writeFileSync(path('key.pem'), keys.publicKey.export({ format: 'pem', type: 'spki' }));
  });

  after(async () => {
    await test.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('writes a file that verifies, also against the anchor and the key', async () => {
    const verdict = await verifyBundle(bundle, { anchor, publicKey: path('key.pem') });
    assert.ok(verdict.ok, JSON.stringify(verdict));
    assert.deepEqual(verdict.head, await test.ledger.journal.head(test.incident));
    assert.deepEqual([verdict.documents, verdict.withheld, verdict.anchors, verdict.keyGiven], [3, 2, 1, true]);
    assert.equal(statSync(bundle).mode & 0o777, 0o600);
  });

  it("gives each reader the documents that are for them, the others by hash, and counsel's to nobody", async () => {
    const expected: Record<Audience, readonly string[]> = {
      authority: ['notice.md'],
      auditor: ['report.md', 'notice.md', 'referral.md'],
      'law-enforcement': ['referral.md', 'audit.jsonl'],
    };
    for (const [audience, names] of Object.entries(expected) as [Audience, readonly string[]][]) {
      await exported(audience, 'reader.fbb');
      const text = readFileSync(path('reader.fbb'), 'utf8');
      const entries = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Entry);
      const named = entries.filter(({ line }) => line === 'document').map(({ name }) => name);
      assert.deepEqual(named, names);
      assert.equal(entries.filter(({ line }) => line === 'withheld').length, 5 - names.length);
      assert.equal(text.includes('advice'), false);
      assert.equal((await verifyBundle(path('reader.fbb'))).ok, true);
    }
  });

  it('holds no raw credential and no address', () => {
    const text = readFileSync(bundle, 'utf8');
    for (const secret of [RAW, ADDRESS]) {
      assert.equal(text.includes(secret), false);
      assert.equal(text.includes(Buffer.from(secret).toString('base64').replaceAll('=', '')), false);
    }
  });

  it('leaves nothing behind when it cannot be made', async () => {
    const signing = exportBundle(test.ledger, test.incident, {
      signingKeyPem: 'none',
      audience: 'auditor',
      out: path('n'),
    });
    await assert.rejects(signing, { code: 'BUNDLE_KEY_MISSING' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' });
    const other = { signingKeyPem: rsa.toString(), audience: 'auditor', out: path('n') } as const;
    await assert.rejects(exportBundle(test.ledger, test.incident, other), { code: 'BUNDLE_KEY_MISSING' });
    await assert.rejects(exported('auditor', 'no/such/folder.fbb'), { code: 'BUNDLE_UNWRITABLE' });
    const { incident } = await test.ledger.incidents.open(openRequest());
    await test.raw.query(
      `update journal set actor = 'x' where key = 'incident.opened' and actor = 'alice' and incident = (select number from incidents where id = $1)`,
      [incident],
    );
    const broken = exportBundle(test.ledger, incident, { signingKeyPem, audience: 'auditor', out: path('n') });
    await assert.rejects(broken, { code: 'JOURNAL_BROKEN' });
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('n')),
      [],
    );
  });

  describe('verifyBundle', () => {
    it('fails for any one byte changed, at 200 drawn places', async () => {
      const bytes = readFileSync(bundle);
      const lastLine = bytes.lastIndexOf(0x0a, bytes.length - 2);
      const places = [
        ...fc.sample(fc.integer({ min: 0, max: bytes.length - 1 }), { numRuns: 150, seed: 4 }),
        ...fc.sample(fc.integer({ min: lastLine, max: bytes.length - 1 }), { numRuns: 50, seed: 5 }), // the signature itself
      ];
      const flips = fc.sample(fc.integer({ min: 1, max: 255 }), { numRuns: places.length, seed: 6 });
      for (const [index, place] of places.entries()) {
        const changed = Buffer.from(bytes);
        changed[place] = changed[place]! ^ flips[index]!;
        await failure(changed);
      }
    });

    it('fails for every place at which it may be cut', async () => {
      const bytes = readFileSync(bundle);
      const cuts = fc.sample(fc.integer({ min: 1, max: bytes.length - 1 }), { numRuns: 50, seed: 7 });
      for (const cut of [0, 1, bytes.length - 1, ...cuts]) await failure(bytes.subarray(0, cut));
      assert.equal(await failure(bytes.subarray(0, bytes.length - 1)), 'BUNDLE_CUT');
      assert.equal(await failure(''), 'BUNDLE_CUT');
    });

    it('says in which record something was changed', async () => {
      const text = readFileSync(bundle, 'utf8').replace('"index":12', '"index":13');
      const verdict = await verdictOn(text);
      assert.ok(!verdict.ok);
      assert.equal(verdict.code, 'BUNDLE_CHAIN_BROKEN');
      const line = read().findIndex((entry) => entry['key'] === 'fact:12') + 1;
      assert.equal(verdict.line, line);
      assert.match(verdict.why, new RegExp(`record ${line - 1} in line ${line} was changed`));
    });

    describe('when the holder of the key signs it again', () => {
      /** Lines of the bundle without its signature. */
      const unsigned = (): readonly Entry[] => read().slice(0, -1);
      const isFact = (entry: Entry, index: number): boolean => entry['key'] === `fact:${index}`;

      it('still finds an edited, deleted, repeated, moved or foreign record', async () => {
        const lines = unsigned();
        const at = lines.findIndex((entry) => isFact(entry, 5));
        const swapped = lines.with(at, lines[at + 1]!).with(at + 1, lines[at]!);
        const damages = [
          lines.with(at, { ...lines[at]!, actor: 'bob' }),
          lines.toSpliced(at, 1),
          lines.toSpliced(at, 0, lines[at]!),
          swapped,
          lines.map((entry) => (entry.line === 'manifest' ? { ...entry, incident: 'INC-2026-9999' } : entry)),
          lines.filter((entry) => entry['key'] !== 'end'),
        ];
        for (const damage of damages)
          assert.equal(await failure(resigned(keys.privateKey, damage)), 'BUNDLE_CHAIN_BROKEN');
      });

      it('still finds a document changed, dropped, repeated or kept back', async () => {
        const lines = unsigned();
        const at = lines.findIndex(({ line }) => line === 'document');
        const document = lines[at]!;
        const body = Buffer.from('another text');
        const digest = createHash('sha256').update(body).digest('hex');
        const forged = { ...document, body: body.toString('base64'), digest, bytes: body.length };
        const counted = (entries: readonly Entry[], documents: number): readonly Entry[] =>
          entries.map((entry) => (entry.line === 'manifest' ? { ...entry, documents } : entry));
        const damages = [
          lines.with(at, forged),
          lines.with(at, { ...forged, digest: document['digest'] }),
          counted(lines.toSpliced(at, 1), 2),
          counted(lines.toSpliced(at, 0, document), 4),
        ];
        for (const damage of damages)
          assert.equal(await failure(resigned(keys.privateKey, damage)), 'BUNDLE_DOCUMENT_CHANGED');
        assert.equal(await failure(resigned(keys.privateKey, lines.toSpliced(at, 1))), 'BUNDLE_LINE_CHANGED');
      });

      it('passes a chain rewritten whole, unless an anchor is given', async () => {
        const edited = unsigned().map((entry) => (isFact(entry, 5) ? { ...entry, body: { index: 500 } } : entry));
        const rewritten = resigned(keys.privateKey, rechained(edited));
        assert.equal((await verdictOn(rewritten)).ok, true);
        assert.equal((await verdictOn(rewritten, { publicKey: path('key.pem') })).ok, true);
        assert.equal(await failure(rewritten, { anchor }), 'BUNDLE_ANCHOR_MISMATCH');
      });

      it('passes a chain cut and signed again, unless an anchor is given', async () => {
        const kept = unsigned().filter((entry) => entry['key'] !== 'end');
        const cut = resigned(
          keys.privateKey,
          rechained(
            kept.map((entry) => (entry.line === 'manifest' ? { ...entry, state: 'declared', closedAt: null } : entry)),
          ),
        );
        assert.equal((await verdictOn(cut)).ok, true);
        assert.equal(await failure(cut, { anchor }), 'BUNDLE_ANCHOR_MISMATCH');
      });

      it('refuses anything after the signature', async () => {
        assert.equal(await failure(`${readFileSync(bundle, 'utf8')}{}\n`), 'BUNDLE_LINE_CHANGED');
      });
    });

    it('tells another key from the one given', async () => {
      const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' });
      writeFileSync(path('other.pem'), other);
      assert.equal(await failure(readFileSync(bundle), { publicKey: path('other.pem') }), 'BUNDLE_KEY_OTHER');
    });

    it('does not pass silently where the anchors say nothing', async () => {
      writeFileSync(
        path('none.jsonl'),
        `${JSON.stringify({ incident: 'INC-2020-0001', seq: 1, hash: 'x', at: '' })}\n`,
      );
      writeFileSync(path('bad.jsonl'), 'no anchors\n');
      for (const name of ['none.jsonl', 'bad.jsonl', 'missing.jsonl'])
        assert.equal(await failure(readFileSync(bundle), { anchor: path(name) }), 'BUNDLE_ANCHOR_UNREADABLE');
    });

    it('says so where the file is none', async () => {
      assert.equal((await verifyBundle(path('missing.fbb'))).ok, false);
      for (const content of ['[]\n', 'null\n', '\n', '['.repeat(200_000), `${'['.repeat(200_000)}\n`])
        await failure(content);
    });

    it('runs alone in a folder, ends 0 or 1, and says why', async () => {
      const run = promisify(execFile);
      copyFileSync('cli/bundle-verify.ts', path('bundle-verify.ts'));
      const args = [
        '--import',
        pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
        path('bundle-verify.ts'),
      ];
      const good = await run(process.execPath, [
        ...args,
        bundle,
        '--anchor',
        anchor,
        '--key',
        path('key.pem'),
        '--json',
      ]);
      assert.equal((JSON.parse(good.stdout) as BundleVerdict).ok, true);
      writeFileSync(path('bad.fbb'), readFileSync(bundle).subarray(0, 500));
      const bad = run(process.execPath, [...args, path('bad.fbb')]);
      await assert.rejects(bad, (error) => {
        const { code, stdout } = error as { code: number; stdout: string };
        assert.equal(code, 1);
        assert.match(stdout, /^\[BUNDLE_CUT\] the bundle breaks off in line 1\.$/m);
        return true;
      });
    });
  });
});
