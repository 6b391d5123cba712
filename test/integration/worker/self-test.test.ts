import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import { workflowBundle } from '../../../worker/bundle.ts';
import { EncryptingCodec } from '../../../worker/codec.ts';
import { encryptingConverter } from '../../../worker/data-converter.ts';
import { selfTest, type ProbeWorker } from '../../../worker/self-test.ts';
import { startTestTemporal } from '../../support/temporal.ts';

describe('selfTest', function () {
  this.timeout(60_000);

  const sealing = encryptingConverter(new EncryptingCodec([randomBytes(32)]));
  const withoutFailures: DataConverter = { payloadCodecs: [...(sealing.payloadCodecs ?? [])] };
  let folder: string;
  let connection: Connection;
  let native: NativeConnection;
  let bundle: ProbeWorker['workflowBundle'];

  before(async () => {
    try {
      Runtime.install({ logger: new DefaultLogger('ERROR') });
    } catch {
      // another file of this mocha process installed it
    }
    const { address } = await startTestTemporal();
    folder = await mkdtemp(join(tmpdir(), 'firebreak-bundle-'));
    [connection, native, bundle] = await Promise.all([
      Connection.connect({ address }),
      NativeConnection.connect({ address }),
      workflowBundle(folder),
    ]);
  });

  after(async () => {
    await Promise.allSettled([connection.close(), native.close(), rm(folder, { recursive: true })]);
  });

  const clientWith = (dataConverter?: DataConverter): Client =>
    new Client({ connection, ...(dataConverter ? { dataConverter } : {}) });
  const workerWith = (dataConverter: DataConverter): ProbeWorker => ({
    connection: native,
    dataConverter,
    workflowBundle: bundle,
  });

  it('passes where everything is encrypted', async () => {
    await selfTest(clientWith(sealing), workerWith(sealing));
  });

  it('passes for a process that runs no workflows', async () => {
    await selfTest(clientWith(sealing));
  });

  it('refuses a client without the codec', async () => {
    await assert.rejects(selfTest(clientWith()), { code: 'STACK_CODEC_OPEN' });
  });

  it('refuses a worker whose failures can be read', async () => {
    await assert.rejects(selfTest(clientWith(sealing), workerWith(withoutFailures)), { code: 'STACK_CODEC_OPEN' });
  });
});
