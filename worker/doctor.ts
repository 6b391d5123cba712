import { actionCatalogue } from '../contracts/catalogue.ts';
import type { QueueName } from '../contracts/queues.ts';
import { compilePlaybook } from '../playbooks/compile.ts';
import { readLibrary } from '../playbooks/library.ts';
import { unreachableGates } from '../playbooks/unreachable-gates.ts';
import { createCapabilities } from './capability-set.ts';
import { checkTemporal, createClient } from './client.ts';
import { ledgerOf } from './compose.ts';
import { configuredNames } from './configured-names.ts';
import { checkDetectors } from './check-detectors.ts';
import { readPeople } from './people-file.ts';
import { frameProcess, type ProcessFrame } from './process-frame.ts';
import { missingSearchAttributes } from './search-attributes.ts';
import { selfTest } from './self-test.ts';

/** What one check found. */
export interface Finding {
  readonly ok: boolean;
  readonly what: string;
  /** Why it failed, or what is worth knowing; '' where there is nothing to say. */
  readonly said: string;
}

const QUEUES: readonly QueueName[] = ['engine', 'actions', 'privileged', 'mail'];

async function check(what: string, look: () => Promise<string> | string): Promise<Finding> {
  try {
    return { ok: true, what, said: await look() };
  } catch (error) {
    return { ok: false, what, said: error instanceof Error ? error.message : String(error) };
  }
}

/** Roles that the library's playbooks require and nobody holds. */
async function checkRoles({ config }: ProcessFrame): Promise<string> {
  const { people, teams } = readPeople(config.people);
  const bindable = [...people.map(({ id }) => id), ...teams.map(({ id }) => `team:${id}`)];
  const library = await readLibrary(config.playbooks);
  const held = new Set(people.flatMap(({ roles }) => roles));
  const missing = [...library.playbooks.values()].flatMap(({ playbook: { metadata, roles = {} } }) =>
    Object.entries(roles)
      .filter(([role, { required = false }]) => required && !held.has(role))
      .map(([role]) => `${metadata.name} needs a ${role}`),
  );
  const strangers = Object.entries(config.oncall).flatMap(([list, ids]) =>
    ids.filter((id) => !bindable.includes(id)).map((id) => `oncall.${list} names ${id}, who is not listed`),
  );
  const unlisted = [...library.playbooks.values()].flatMap(({ playbook: { metadata, roles = {} } }) =>
    Object.values(roles)
      .map(({ from }) => from?.slice('oncall:'.length))
      .filter((list) => list !== undefined && !Object.hasOwn(config.oncall, list))
      .map((list) => `${metadata.name} asks oncall.${list}, which is not configured`),
  );
  const faults = [...missing, ...strangers, ...unlisted];
  if (faults.length > 0) throw new Error([...new Set(faults)].join('; '));
  const alone = [...held].filter((role) => people.filter(({ roles }) => roles.includes(role)).length === 1);
  return alone.length === 0 ? '' : `only one person each holds ${alone.join(', ')}: nobody stands in`;
}

async function checkPlaybooks(frame: ProcessFrame): Promise<string> {
  const { config, secrets, log } = frame;
  const ledger = await ledgerOf(config, secrets, []);
  const set = createCapabilities({ config, secrets, queues: [], ledger, log });
  try {
    const library = await readLibrary(config.playbooks);
    const broken = library.diagnostics.filter(({ severity }) => severity === 'error');
    if (broken.length > 0) throw new Error(broken.map(({ code, file, line }) => `${file}:${line} ${code}`).join('; '));
    const { people } = readPeople(config.people);
    const holders = Object.fromEntries(
      people
        .flatMap(({ roles }) => roles)
        .map((role) => [role, people.filter(({ roles }) => roles.includes(role)).map(({ id }) => id)]),
    );
    const unreachable = [...library.playbooks.keys()].flatMap((name) => {
      const { plan } = compilePlaybook(name, library, {
        catalogue: actionCatalogue,
        connectors: (action) => set.traits(action),
        configured: configuredNames(config),
        today: new Date().toISOString().slice(0, 10),
      });
      return unreachableGates(plan, holders).map((fault) => `${name}: ${fault}`);
    });
    if (unreachable.length > 0) throw new Error(unreachable.join('; '));
    return `${library.playbooks.size} compile`;
  } finally {
    await Promise.all([set.close(), ledger.close()]);
  }
}

async function checkEngine({ config, secrets }: ProcessFrame): Promise<string> {
  const client = createClient(config, secrets);
  try {
    await checkTemporal(client, config);
    const missing = await missingSearchAttributes(client);
    if (missing.length > 0)
      throw new Error(`the namespace lacks the search attributes ${missing.join(', ')}: run \`firebreak migrate\``);
    await selfTest(client);
    return 'it answers, and cannot read what we store in it';
  } finally {
    await client.connection.close();
  }
}

async function checkWatchdog({ config: { watchdog } }: ProcessFrame): Promise<string> {
  const { status } = await fetch(new URL('/healthz', watchdog!.url), { signal: AbortSignal.timeout(5_000) });
  if (status !== 200) throw new Error(`${watchdog!.url} answers ${status}`);
  return 'it watches; `firebreak watchdog --try` sends a trial alarm';
}

/**
 * Tries everything that an incident would need, without acting on anything: configuration and secrets, database, Temporal and
 * codec, people, playbooks.
 *
 * @param configPath - path of `firebreak.yaml`.
 */
export async function examine(
  configPath: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Finding[]> {
  let frame: ProcessFrame | undefined;
  const first = await check('configuration and secrets', async () => {
    frame = await frameProcess({ name: 'doctor', configPath, environment, queues: QUEUES });
    return '';
  });
  const opened = frame;
  if (!opened) return [first];
  const { config, secrets } = opened;
  const rest = await Promise.all([
    check('database', async () => {
      const ledger = await ledgerOf(config, secrets, ['privileged', 'mail']);
      await ledger.ping().finally(() => ledger.close());
      return '';
    }),
    check('Temporal', () => checkEngine(opened)),
    ...(config.watchdog ? [check('watchdog', () => checkWatchdog(opened))] : []),
    ...(config.detectors === undefined ? [] : [check('detectors', () => checkDetectors(config, secrets))]),
    check('people', () => checkRoles(opened)),
    check('playbooks', () => checkPlaybooks(opened)),
  ]);
  return [first, ...rest];
}
