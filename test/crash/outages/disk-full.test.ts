import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { END_WITHIN_MS, Stage } from './stage.ts';
import { MAIL_CONNECTIONS } from '../grid/outside.ts';
import { mountSmallDisk, whyNoSmallDisk, type SmallDisk } from '../../faults/small-disk.ts';

const WORKERS = 2;
const READERS = 300;
const SMALL_PAGE = 10;
const DISK_MB = 256; // an empty cluster takes a third of it
const SMALL_LOG = ['max_wal_size=64MB', 'min_wal_size=32MB'];
const FULL_MS = 10_000;
const STILL_MS = 5_000; // the last part of it, in which nothing may move any more
const FILL_EVERY_MS = 100; // what the server gives back is taken at once
const DISK_FULL = '53100';

const why = whyNoSmallDisk();

/** Where the machine has no small disk there is nothing to test, and that is said. */
function where(lacks: string | undefined, title: string, test: () => void): void {
  if (lacks === undefined) describe(title, test);
  else console.log(`      nothing to test here (${title}): ${lacks}`);
}

where(why, 'a rollout while the disk of the ledger is full', () => {
  let disk: SmallDisk;
  let stage: Stage;

  before(async function () {
    this.timeout(END_WITHIN_MS);
    disk = mountSmallDisk(DISK_MB);
    stage = await Stage.open(WORKERS, { disk: disk.folder, settings: SMALL_LOG });
  });
  after(async function () {
    this.timeout(END_WITHIN_MS);
    await stage.close();
    disk.close();
  });

  /** The log gets a new segment: the server would end itself where it could not have one, and that is another test. */
  async function beginLog(): Promise<void> {
    const { roles } = stage.stack.outside;
    await roles.query('select pg_switch_wal()');
    await roles.query("select pg_logical_emit_message(true, 'outage', 'a first record')");
  }

  /** Keeps the disk full for a while. */
  async function keepFull(forMs: number): Promise<void> {
    for (const until = performance.now() + forMs; performance.now() < until;) {
      disk.fill();
      await sleep(FILL_EVERY_MS);
    }
  }

  /** What the server says to somebody who wants room: an SQLSTATE; '' where there was some. */
  async function refusal(): Promise<string> {
    const { roles } = stage.stack.outside;
    return roles
      .query("create table wanted as select repeat('x', 1000) as x from generate_series(1, 10000)")
      .then(() => '')
      .catch((error: unknown) => String((error as { code?: unknown }).code ?? error));
  }

  it('stands still, and goes on by itself once people have made room, with nobody lost and nobody told twice', async function () {
    this.timeout(END_WITHIN_MS + 300_000);
    await stage.tell({ readers: READERS, most: MAIL_CONNECTIONS, page: SMALL_PAGE }, async ({ tag }) => {
      await beginLog();
      await keepFull(FULL_MS - STILL_MS);
      const said = await refusal();
      const before = stage.taken(tag);
      await keepFull(STILL_MS);
      console.log(`      the server says ${said}; ${before} mails of ${READERS} had gone out`);
      assert.equal(said, DISK_FULL);
      assert.ok(before < READERS);
      assert.equal(stage.taken(tag), before, 'it stood still');
      disk.free();
      await stage.resumes(tag, before, 'room');
    });
  });
});
