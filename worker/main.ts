import { parseArgs } from 'node:util';
import { join, resolve } from 'node:path';
import { errorEntry, isCodedError } from '../contracts/errors.ts';
import { migrate } from '../ledger/migrate.ts';
import { parseQueues } from './capability-set.ts';
import { checkTemporal, createClient } from './client.ts';
import { doctor } from './doctor.ts';
import { frameProcess } from './process-frame.ts';
import { runGateway } from './gateway-process.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { runWorkers } from './worker-process.ts';
import { endOnSignals } from './dev-stack/end-on-signals.ts';
import { upOwnStack } from './dev-stack/up.ts';

const ROOT = resolve(import.meta.dirname, '..');
const ALL_QUEUES = 'engine,actions,privileged,mail';
const EX_CONFIG = 78; // sysexits.h: something is misconfigured

/** Options that the process commands share. */
interface Options {
  readonly config: string;
  readonly queues: string;
  readonly cache: string;
  readonly bundles: string;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** `firebreak worker`: polls queues until it is told to end. */
async function worker({ config, queues: wanted, cache }: Options): Promise<void> {
  const queues = parseQueues(wanted);
  const frame = frameProcess({ name: 'worker', configPath: config, environment: process.env, queues });
  await runWorkers({ ...frame, queues, cache });
}

/** `firebreak gateway`: keeps the HTTP door open until it is told to end. */
async function gateway({ config, bundles }: Options): Promise<void> {
  const frame = frameProcess({ name: 'gateway', configPath: config, environment: process.env, queues: [] });
  const door = await runGateway({ ...frame, bundles });
  await new Promise((told) => {
    process.once('SIGINT', told);
    process.once('SIGTERM', told);
  });
  await door.stop();
}

/** `firebreak migrate`: brings database and Temporal namespace to what this version needs; safe to repeat. */
async function migrateAll({ config: configPath }: Options): Promise<void> {
  const frame = frameProcess({ name: 'migrate', configPath, environment: process.env, queues: ['engine'] });
  const { config, secrets } = frame;
  const applied = await migrate(secrets(config.database.url));
  print(`ledger: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}`);
  const client = createClient(config, secrets);
  await checkTemporal(client, config);
  const added = await registerSearchAttributes(client);
  print(`search attributes: ${added.length === 0 ? 'all there' : `registered ${added.join(', ')}`}`);
  await client.connection.close();
}

/** `firebreak up`: the stack without the demo's outside world, until Ctrl-C. */
async function up(): Promise<void> {
  const stack = await upOwnStack({ root: ROOT, environment: process.env, say: print });
  await endOnSignals(stack, print);
}

/** `firebreak doctor`: tries everything that an incident would need. @returns whether all is well. */
async function runDoctor({ config: configPath }: Options): Promise<void> {
  const findings = await doctor(configPath, process.env);
  for (const { ok, what, said } of findings) print(`${ok ? 'ok  ' : 'FAIL'}  ${what}${said === '' ? '' : `: ${said}`}`);
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
}

const COMMANDS: Readonly<Record<string, (options: Options) => Promise<void>>> = {
  worker,
  gateway,
  migrate: migrateAll,
  up,
  doctor: runDoctor,
};

/** Exit code of what ended a process: 78 for what an operator must mend in the configuration, else 1. */
function exitCodeOf(error: unknown): number {
  return isCodedError(error) && error.code.startsWith('CONFIG_') ? EX_CONFIG : 1;
}

async function main([name = '', ...rest]: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: {
      config: { type: 'string', default: process.env['FIREBREAK_CONFIG'] ?? 'firebreak.yaml' },
      queues: { type: 'string', default: ALL_QUEUES },
      cache: { type: 'string', default: join(ROOT, '.firebreak') },
      bundles: { type: 'string', default: 'bundles' },
    },
  });
  const command = COMMANDS[name];
  if (!command) throw new Error(`unknown command ${name}; possible: ${Object.keys(COMMANDS).join(', ')}`);
  await command({ ...values, config: resolve(values.config) });
}

try {
  await main(process.argv.slice(2));
  process.exit();
} catch (error) {
  const hint = isCodedError(error) && errorEntry(error.code).actor === 'developer' ? `\n${error.stack ?? ''}` : '';
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
  process.exit(exitCodeOf(error));
}
