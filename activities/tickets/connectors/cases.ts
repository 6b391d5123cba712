import assert from 'node:assert/strict';
import { openOnce } from '../open-once.ts';
import type { ConformanceCase } from '../../conformance.ts';
import type { TicketConnector } from '../port.ts';

/** What the cases need of a ticketing system beside the connector. */
export interface TicketBench {
  readonly connector: TicketConnector;
  /** A queue that exists. */
  readonly queue: string;
  /** A key that no ticket carries yet. */
  freshKey(): string;
  /** Titles of the open tickets of the queue, read without the connector. */
  openTitles(): Promise<readonly string[]>;
  /** Lets the next creation happen and loses its answer. */
  loseNextAnswer(): void;
}

const draft = (bench: TicketBench, key: string) => ({
  queue: bench.queue,
  key,
  title: `case ${key.slice(0, 8)}`,
  body: 'A case of the conformance suite.',
});

const openOf = async (bench: TicketBench, key: string): Promise<number> =>
  (await bench.openTitles()).filter((title) => title === draft(bench, key).title).length;

/** Conformance cases of `tickets` connectors; run each against a fresh or shared bench. */
export const ticketCases: readonly ConformanceCase<TicketBench>[] = [
  {
    name: 'opens one ticket however often it is asked',
    run: async (bench) => {
      const key = bench.freshKey();
      const first = await openOnce(bench.connector, draft(bench, key));
      const second = await openOnce(bench.connector, draft(bench, key));
      assert.deepEqual(second, first);
      assert.equal(await openOf(bench, key), 1);
    },
  },
  {
    name: 'finds the ticket whose creation lost its answer',
    run: async (bench) => {
      const key = bench.freshKey();
      bench.loseNextAnswer();
      await assert.rejects(openOnce(bench.connector, draft(bench, key)), { name: 'CodedError' });
      const { extras } = await openOnce(bench.connector, draft(bench, key));
      assert.deepEqual(extras, []);
      assert.equal(await openOf(bench, key), 1);
    },
  },
  {
    name: 'keeps the oldest and closes the others when two raced',
    run: async (bench) => {
      const key = bench.freshKey();
      const oldest = await bench.connector.create(draft(bench, key));
      const extra = await bench.connector.create(draft(bench, key));
      const { ticket, extras } = await openOnce(bench.connector, draft(bench, key));
      assert.equal(ticket.id, oldest.id);
      assert.deepEqual(extras, [extra.id]);
      assert.equal(await openOf(bench, key), 1);
    },
  },
  {
    name: 'leaves a ticket closed that a person closed',
    run: async (bench) => {
      const key = bench.freshKey();
      const { ticket } = await openOnce(bench.connector, draft(bench, key));
      await bench.connector.close(ticket.id);
      assert.equal((await openOnce(bench.connector, draft(bench, key))).ticket.id, ticket.id);
      assert.equal(await openOf(bench, key), 0);
    },
  },
  {
    name: 'comments once for one key',
    run: async (bench) => {
      const key = bench.freshKey();
      const { ticket } = await openOnce(bench.connector, draft(bench, key));
      const first = await bench.connector.comment(ticket.id, 'said once', key);
      assert.deepEqual(await bench.connector.comment(ticket.id, 'said once', key), first);
    },
  },
  {
    name: 'refuses a queue that is not configured and an id that is none',
    run: async (bench) => {
      await assert.rejects(bench.connector.find('nowhere', bench.freshKey()), { code: 'TICKET_QUEUE_UNKNOWN' });
      await assert.rejects(bench.connector.close('not an id'), { code: 'TICKET_ID_INVALID' });
    },
  },
];
