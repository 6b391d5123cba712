import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseDocument, stringify } from 'yaml';
import { readConfig } from '../config.ts';
import { apiKeyFile, prepareHome, writePeople } from './home.ts';
import { choosePorts, type StackPorts } from './ports.ts';
import { RunFile } from './run-file.ts';
import { stackConfig } from './stack-config.ts';
import { upStack, type RunningStack } from './stack.ts';
import { tellCli } from './tell-cli.ts';
import type { StackHome } from './home.ts';

const OPERATOR = 'operator';

/** Who is in a new stack's file of people: enough for every gate; whoever asks for an incident may not approve in it. */
const FIRST_PEOPLE = [
  { id: OPERATOR, name: 'Operator', roles: ['responder', 'commander', 'platform', 'comms', 'admin'] },
  { id: 'approver', name: 'Approver', roles: ['commander', 'privacy', 'counsel', 'comms', 'platform', 'admin'] },
];

/** How `firebreak up` is called. */
export interface UpOptions {
  /** The checkout. */
  readonly root: string;
  /** Folder of data, keys and configuration. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

/** Writes configuration and people at first use; later starts only set the ports, everything else stays as it was left. */
function writeConfig(home: StackHome, ports: StackPorts, temporal: string, root: string): void {
  if (!existsSync(home.people)) writePeople(home, FIRST_PEOPLE);
  const first = stackConfig({
    ...{ home, ports, temporal, connectors: { chat: { use: 'console' } } },
    playbooks: join(root, 'playbooks/library'),
    oncall: { security: [OPERATOR] },
  });
  const file = parseDocument(existsSync(home.config) ? readFileSync(home.config, 'utf8') : stringify(first));
  file.setIn(['http', 'port'], ports.gateway);
  file.setIn(['metrics', 'port'], ports.worker);
  file.setIn(['temporal', 'address'], temporal);
  writeFileSync(home.config, file.toString(), { mode: 0o600 });
}

/**
 * Brings up a stack without the demo's outside world, in a folder of its own: a place to try one's own connectors and playbooks.
 * Its data stays from start to start.
 */
export async function upOwnStack({ root, folder, environment, say }: UpOptions): Promise<RunningStack> {
  const cache = join(root, '.firebreak');
  const home = prepareHome(folder);
  const runFile = new RunFile(join(home.folder, 'run.json'), home.folder);
  const left = await runFile.take();
  if (left.length > 0) say(`ended what a killed run left behind: ${left.join(', ')}`);
  const ports = await choosePorts(environment);
  writeConfig(home, ports, environment['TEMPORAL_ADDRESS'] ?? `127.0.0.1:${ports.temporal}`, root);
  await readConfig(home.config); // faults are said before anything is started
  const stack = await upStack({
    ...{ home, runFile, ports, cache, environment, say },
    configuration: () => Promise.resolve({ path: home.config, environment: {} }),
  });
  tellCli(root, home, stack.urls.gateway, OPERATOR);
  say(`configuration ${home.config} (yours to edit; it stays)`);
  say(
    `firebreak list, start ... speak as ${OPERATOR}; --as approver approves; API keys in ${dirname(apiKeyFile(home, OPERATOR))}`,
  );
  return stack;
}
