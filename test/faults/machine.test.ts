import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Connection } from '@temporalio/client';
import {
  continueProcess,
  killProcess,
  mortalPostgres,
  mortalTemporal,
  processState,
  stopProcess,
} from './processes.ts';
import { freePort } from '../support/free-port.ts';
import { initCluster } from '../../worker/dev-stack/postgres.ts';
import { mountSmallDisk, whyNoSmallDisk } from './small-disk.ts';
import { temporalBinary } from '../support/temporal.ts';
import { whyNoClockShift, withShiftedClock } from './clock-shift.ts';

describe('tools for processes, disks and clocks', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-faults-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A test of a tool that not every machine has: where it lacks there is nothing to test, and that is said. */
  function where(lacks: string | undefined, title: string, test: () => void): void {
    if (lacks === undefined) it(title, test);
    else console.log(`      nothing to test here (${title}): ${lacks}`);
  }

  describe('signals', () => {
    let child: ChildProcess;
    beforeEach(() => {
      child = spawn('sleep', ['60']);
    });
    afterEach(() => void child.kill('SIGKILL'));

    it('stop a process, let it go on, and end it', async () => {
      await stopProcess(child.pid!);
      assert.equal(processState(child.pid!), 'T');
      continueProcess(child.pid!);
      const ended = once(child, 'exit');
      await killProcess(child.pid!);
      assert.deepEqual(await ended, [null, 'SIGKILL']);
      assert.ok([undefined, 'Z'].includes(processState(child.pid!)));
    });
  });

  it('kill PostgreSQL and start it again on the same folder: what was committed is there', async () => {
    const dataDir = join(mkdtempSync(join(tmpdir(), 'firebreak-pgdata-')), 'data');
    await initCluster(dataDir);
    const postgres = await mortalPostgres({ dataDir, port: await freePort() });
    const ask = async (sql: string): Promise<pg.QueryResult<{ n: number }>> => {
      const client = new pg.Client({ connectionString: postgres.running.url });
      client.on('error', () => undefined);
      await client.connect();
      return client.query<{ n: number }>(sql).finally(() => client.end());
    };
    try {
      await ask('create table kept (n int); insert into kept values (42)');
      await postgres.kill();
      await assert.rejects(ask('select 1'));
      await postgres.restart();
      assert.equal((await ask('select n from kept')).rows[0]?.n, 42);
    } finally {
      await postgres.stop();
      rmSync(join(dataDir, '..'), { recursive: true, force: true });
    }
  });

  it('kill Temporal and start it again on the same file: what it knew is there', async () => {
    const temporal = await mortalTemporal({
      ...{ binary: await temporalBinary(), port: await freePort(), database: join(folder, 'temporal.db') },
    });
    try {
      const begin = await Connection.connect({ address: temporal.running.address });
      await begin.workflowService.startWorkflowExecution({
        ...{ namespace: 'default', workflowId: 'kept', requestId: 'kept' },
        ...{ workflowType: { name: 'nobody-runs-it' }, taskQueue: { name: 'nobody-polls-it' } },
      });
      await begin.close();
      await temporal.kill();
      await assert.rejects(Connection.connect({ address: temporal.running.address, connectTimeout: '1s' }));
      await temporal.restart();
      const again = await Connection.connect({ address: temporal.running.address });
      const described = await again.workflowService.describeWorkflowExecution({
        ...{ namespace: 'default', execution: { workflowId: 'kept' } },
      });
      assert.equal(described.workflowExecutionInfo?.type?.name, 'nobody-runs-it');
      await again.close();
    } finally {
      await temporal.stop();
    }
  });

  where(whyNoSmallDisk(), 'fill a disk, and free it again', () => {
    const disk = mountSmallDisk(1);
    try {
      const file = join(disk.folder, 'one');
      disk.fill();
      assert.throws(() => writeFileSync(file, Buffer.alloc(128 * 1024, 1)), { code: 'ENOSPC' });
      disk.free();
      writeFileSync(file, Buffer.alloc(128 * 1024, 1));
    } finally {
      disk.close();
    }
  });

  where(whyNoClockShift(), 'shift the wall clock of a program, and not its monotonic clock', () => {
    const { command, args, environment } = withShiftedClock('+72h', process.execPath, ['-p', 'Date.now()']);
    const { stdout } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...environment } });
    assert.ok(Math.abs(Number(stdout) - Date.now() - 72 * 3_600_000) < 60_000, stdout);
  });
});
