import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporal } from '../../../../worker/dev-stack/find-temporal.ts';

const CLI = '#!/bin/sh\necho "temporal version 0.0.0-test"\n';

describe('findTemporal', () => {
  let folder: string;
  let server: Server;
  let downloads: string;
  let archive: Buffer;

  before(async () => {
    const source = await mkdtemp(join(tmpdir(), 'firebreak-cli-'));
    await writeFile(join(source, 'temporal'), CLI);
    spawnSync('tar', ['-czf', 'cli.tar.gz', 'temporal'], { cwd: source });
    archive = await readFile(join(source, 'cli.tar.gz'));
    await rm(source, { recursive: true });
    server = createServer((_request, response) => response.end(archive));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    downloads = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => server.close());

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firebreak-temporal-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** PATH without a `temporal`: only the shell's own tools, reached by the child through the real PATH. */
  const search = (more: object = {}) => ({ folder, environment: {}, say: () => undefined, downloads, ...more });

  it('takes the one that is named', async () => {
    const named = join(folder, 'mine');
    await writeFile(named, CLI);
    await chmod(named, 0o755);
    const found = await findTemporal(search({ environment: { FIREBREAK_TEMPORAL_CLI: named } }));
    assert.deepEqual(found, { path: named, version: 'temporal version 0.0.0-test', source: 'FIREBREAK_TEMPORAL_CLI' });
  });

  it('refuses a named one that does not run', async () => {
    const environment = { FIREBREAK_TEMPORAL_CLI: join(folder, 'absent') };
    await assert.rejects(findTemporal(search({ environment })), { code: 'STACK_TEMPORAL_MISSING' });
  });

  describe('when there is none on PATH', () => {
    const path = process.env['PATH'];
    before(function () {
      const onPath = spawnSync('temporal', ['--version']).status === 0;
      if (onPath) this.skip();
    });
    after(() => (process.env['PATH'] = path));

    it('says what it downloads before it does, and keeps it', async () => {
      const said: string[] = [];
      const found = await findTemporal(search({ say: (line: string) => said.push(line) }));
      assert.equal(found.source, 'download');
      assert.equal(said.length, 1);
      assert.match(said[0]!, /^downloading the Temporal CLI \d/);
      const again = await findTemporal(search({ downloads: 'http://127.0.0.1:1' }));
      assert.deepEqual(again, { ...found, source: '.firebreak' });
    });

    it('tells what each way answered when none works', async () => {
      process.env['PATH'] = '/nowhere';
      await assert.rejects(
        findTemporal(search({ downloads: 'http://127.0.0.1:1' })),
        (error: { code?: string; message: string }) =>
          error.code === 'STACK_TEMPORAL_MISSING' && /cannot be reached.*pip: /s.test(error.message),
      );
    });
  });
});
