import { join, resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { errorEntry, isCodedError } from '../contracts/errors.ts';

// Each command imports what it needs when it runs: a worker has no use for the HTTP door, and starts sooner without it.

const ROOT = resolve(import.meta.dirname, '..');
const ALL_QUEUES = 'engine,actions,privileged,mail';
const CONFIG = process.env['FIREBREAK_CONFIG'] ?? 'firebreak.yaml';
const EX_USAGE = 2;
const EX_CONFIG = 78; // sysexits.h: something is misconfigured

/** Options that the process commands share. */
interface Options {
  readonly config: string;
  readonly queues: string;
  readonly cache: string;
  readonly bundles: string;
  readonly home: string;
  readonly try: boolean;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** `firebreak worker`: polls queues until it is told to end. */
async function worker({ config, queues: wanted, cache }: Options): Promise<void> {
  const [{ parseQueues }, { frameProcess }, { runWorkers }] = await Promise.all([
    import('./capability-set.ts'),
    import('./process-frame.ts'),
    import('./worker-process.ts'),
  ]);
  const queues = parseQueues(wanted);
  const frame = await frameProcess({ name: 'worker', configPath: config, environment: process.env, queues });
  await runWorkers({ ...frame, queues, cache });
}

/** `firebreak gateway`: keeps the HTTP door open until it is told to end. */
async function gateway({ config, bundles }: Options): Promise<void> {
  const [{ frameProcess }, { runGateway }] = await Promise.all([
    import('./process-frame.ts'),
    import('./gateway-process.ts'),
  ]);
  const frame = await frameProcess({ name: 'gateway', configPath: config, environment: process.env, queues: [] });
  const door = await runGateway({ ...frame, bundles });
  await new Promise((told) => {
    process.once('SIGINT', told);
    process.once('SIGTERM', told);
  });
  await door.stop();
}

/** `firebreak migrate`: brings database and Temporal namespace to what this version needs; safe to repeat. */
async function migrate({ config }: Options): Promise<void> {
  const { migrateAll } = await import('./migrate-all.ts');
  for (const line of await migrateAll(config, process.env)) print(line);
}

/** `firebreak up`: the stack without the demo's outside world, until Ctrl-C. */
async function up({ home: folder }: Options): Promise<void> {
  const [{ upOwnStack }, { endOnSignals }] = await Promise.all([
    import('./dev-stack/up.ts'),
    import('./dev-stack/end-on-signals.ts'),
  ]);
  const stack = await upOwnStack({ root: ROOT, folder: resolve(folder), environment: process.env, say: print });
  await endOnSignals(stack, print);
}

/** `firebreak doctor`: tries everything that an incident would need; ends 1 when something is not well, 78 when the configuration is not. */
async function doctor({ config }: Options): Promise<void> {
  const { examine } = await import('./doctor.ts');
  const findings = await examine(config, process.env);
  for (const { ok, what, said } of findings) print(`${ok ? 'ok  ' : 'FAIL'}  ${what}${said === '' ? '' : `: ${said}`}`);
  const [configuration] = findings;
  if (findings.some(({ ok }) => !ok)) process.exitCode = configuration?.ok === true ? 1 : EX_CONFIG;
}

/** `firebreak watchdog`: alarms people past engine and chat, until it is told to end; `--try` sends one alarm and ends. */
async function watchdog({ config, try: isTrial }: Options): Promise<void> {
  const { runWatchdog } = await import('./watchdog/run-watchdog.ts');
  await runWatchdog({ configPath: config, environment: process.env, isTrial });
}

/** Exit code of what ended a process: 78 for what an operator must mend in the configuration, else 1. */
function exitCodeOf(error: unknown): number {
  return isCodedError(error) && /^(?:CONFIG|CONNECTOR)_/.test(error.code) ? EX_CONFIG : 1;
}

const at = (path: string): string => resolve(path);

/** The process commands; the launcher hands over to them. */
function createProgram(): Command {
  const program = new Command('firebreak').exitOverride().showHelpAfterError('(see --help)');
  const add = (name: string, description: string): Command => program.command(name).description(description);
  const configured = (command: Command): Command =>
    command.option('--config <file>', 'the configuration (FIREBREAK_CONFIG)', at, at(CONFIG));
  configured(add('worker', 'runs a worker process until it is told to end; SIGTERM drains it'))
    .option('--queues <names>', 'queues to poll, comma-separated', ALL_QUEUES)
    .option('--cache <folder>', 'where the workflow bundle is kept', join(ROOT, '.firebreak'))
    .action(worker);
  configured(add('gateway', 'runs the HTTP door until it is told to end'))
    .option('--bundles <folder>', 'where exported bundles are written', 'bundles')
    .action(gateway);
  configured(
    add('migrate', 'brings database and Temporal namespace to what this version needs; safe to repeat'),
  ).action(migrate);
  configured(add('doctor', 'tries everything that an incident would need, and acts on nothing')).action(doctor);
  configured(add('watchdog', 'alarms people past engine and chat when a time passes or the engine is silent'))
    .option('--try', 'sends one alarm by every path and ends', false)
    .action(watchdog);
  add('up', 'brings up a stack on this machine: PostgreSQL, Temporal, worker, gateway')
    .option('--home <folder>', 'its data, keys and configuration', at, join(ROOT, '.firebreak/up'))
    .action(up);
  return program;
}

try {
  await createProgram().parseAsync(process.argv.slice(2), { from: 'user' });
  process.exit();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : EX_USAGE); // it has said why
  const hint = isCodedError(error) && errorEntry(error.code).actor === 'developer' ? `\n${error.stack ?? ''}` : '';
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
  process.exit(exitCodeOf(error));
}
