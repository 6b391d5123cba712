/** A worker of the grid as a process of its own: every action, one queue, one act at a time. Started by `hands.ts`. */
import { existsSync } from 'node:fs';
import { Context } from '@temporalio/activity';
import { NativeConnection, Runtime, Worker, DefaultLogger } from '@temporalio/worker';
import { ApplicationFailure } from '@temporalio/common';
import { pino } from 'pino';
import { atEdge, type Activity } from '../../../worker/activity-edge.ts';
import { createCapabilities } from '../../../worker/capability-set.ts';
import { encryptingConverter, keyFrom, payloadCodec } from '../../../worker/data-converter.ts';
import { cutPoint } from '../../../activities/effects/cut-point.ts';
import { openLedger } from '../../../ledger/open.ts';
import { readConfig } from '../../../worker/config.ts';
import { secretReader } from '../../../worker/secrets.ts';
import { taskQueues } from '../../../contracts/queues.ts';
import { ledgerCuts } from './ledger-cuts.ts';
import { watchRequests } from './request-sent.ts';
import { HAND_QUEUE, type Cut, type HandOrder, type HandReport } from './hand-protocol.ts';

const QUEUES = ['actions', 'privileged', 'mail', 'engine'] as const;
const POOL = 4; // connections to the database; sixteen hands share 200

const [configPath = '', namespace = 'default'] = process.argv.slice(2);
const say = (report: HandReport): void => void process.send?.(report);

let cut: Cut | undefined;
process.on('message', (order: HandOrder) => (cut = order.arm));
process.once('disconnect', () => process.exit(0)); // the harness is gone

/** The cut that holds now: an attempt of its action runs, and no hand was hit yet. */
function armed(): Cut | undefined {
  return cut && process.env['FIREBREAK_TEST_CUT'] && existsSync(cut.token) ? cut : undefined;
}
watchRequests((bytes) => {
  const { sent } = armed() ?? {};
  return sent !== undefined && new RegExp(sent).test(bytes);
});

/** Runs an activity with the cut armed that is meant for its action, and reports how it ended. */
function watched(action: string, activity: Activity): Activity {
  return async (call: never) => {
    const { attempt } = Context.current().info;
    const isMeant = cut?.action === action && existsSync(cut.token);
    process.env['FIREBREAK_TEST_CUT'] = isMeant ? `${cut!.point}:${cut!.pass}:${cut!.signal}:${cut!.token}` : '';
    let code: string | undefined;
    try {
      const answer = await activity(call);
      if (LEDGER_ONLY.has(action)) cutPoint('settled-not-reported');
      return answer;
    } catch (error) {
      code = error instanceof ApplicationFailure ? (error.type ?? 'UNTYPED') : 'CANCELLED';
      throw error;
    } finally {
      process.env['FIREBREAK_TEST_CUT'] = '';
      say({ ended: { action, attempt, code } });
    }
  };
}
/** Actions without an outside: they are repeated as a whole, and their cut points are statements. */
const LEDGER_ONLY: ReadonlySet<string> = new Set(['incident.followUp', 'incident.close']);

Runtime.install({ logger: new DefaultLogger('ERROR') });
const config = await readConfig(configPath);
const secrets = secretReader(process.env, () => undefined);
const [ledger, connection] = await Promise.all([
  openLedger({
    url: secrets(config.database.url),
    keyEncryptionKey: keyFrom(secrets, config.keys.encryption),
    opens: ['secrets', 'people'],
    poolSize: POOL,
  }),
  NativeConnection.connect({ address: config.temporal.address }),
]);
const set = createCapabilities({
  ...{ config, secrets, queues: QUEUES, log: pino({ level: 'silent' }) },
  ledger: ledgerCuts(ledger),
});
const edge = {
  journal: ledger.journal,
  scrub: (text: string) => text,
  log: (line: object) => void process.stderr.write(`${JSON.stringify(line)}\n`),
  observe: () => undefined,
};
const actions = [...set.running.values()].flatMap(({ single, paged }) => [
  ...Object.entries(single),
  ...Object.entries(paged),
]);
const activities = Object.fromEntries(
  actions.map(([name, activity]) => [name, watched(name, atEdge(edge, activity as Activity))]),
);
const worker = await Worker.create({
  ...{ connection, namespace, activities },
  taskQueue: taskQueues[HAND_QUEUE],
  dataConverter: encryptingConverter(payloadCodec(secrets, config.keys.payload)),
  maxConcurrentActivityTaskExecutions: 1, // a hand that stands still takes nothing more
  maxConcurrentActivityTaskPolls: 1,
  maxHeartbeatThrottleInterval: '300ms',
  shutdownGraceTime: 0,
});
const run = worker.run();
say({ ready: true });
await run;
process.exit();
