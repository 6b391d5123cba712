import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CodedError } from '../contracts/errors.ts';
import { isJsonObject } from '../contracts/json.ts';
import type { Terminal } from './terminal.ts';

/** Where the gateway is, and who speaks to it. */
export interface Connection {
  readonly url: string;
  readonly key: string;
}

/** Options that every command has. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly as?: string;
}

/** `.firebreak/cli.json`, written by the development stack: `{url, keys, as}`; `keys` is a folder of `<person>.key`. */
interface StackFile {
  readonly url?: string;
  readonly keys?: string;
  readonly as?: string;
}

const STACK_FILE = '.firebreak/cli.json';
const PERSON = /^[a-z][a-z0-9.-]{0,63}$/;

/** The nearest stack file, from a folder upwards. */
function findStackFile(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, STACK_FILE);
    if (existsSync(path)) return path;
    if (at === dirname(at)) return undefined;
  }
}

function readStackFile({ folder, checkout }: Pick<Terminal, 'folder' | 'checkout'>): StackFile {
  const path = findStackFile(folder) ?? (checkout === undefined ? undefined : findStackFile(checkout));
  if (path === undefined) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isJsonObject(value)) return value;
  } catch {
    // said below
  }
  throw new CodedError('CLI_NOT_CONFIGURED', `${path} is not JSON`);
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new CodedError('CLI_NOT_CONFIGURED', `the key ${path} cannot be read`, { cause });
  }
}

/**
 * Finds gateway and key: `--url` and `--as` before the environment (`FIREBREAK_URL`, `FIREBREAK_KEY`; a key may be
 * `file:PATH`) before what a development stack left in `.firebreak/cli.json` of this folder or one above, else of the checkout.
 *
 * @throws CLI_NOT_CONFIGURED
 */
export function findConnection(options: ConnectionOptions, terminal: Terminal): Connection {
  const { FIREBREAK_URL, FIREBREAK_KEY } = terminal.environment;
  const file = readStackFile(terminal);
  const url = options.url ?? FIREBREAK_URL ?? file.url;
  if (url === undefined || !/^https?:\/\//.test(url))
    throw new CodedError('CLI_NOT_CONFIGURED', 'there is no address of a gateway');
  const person = options.as ?? (FIREBREAK_KEY === undefined ? file.as : undefined);
  if (person !== undefined) {
    if (file.keys === undefined || !PERSON.test(person))
      throw new CodedError('CLI_NOT_CONFIGURED', 'only a development stack has keys to choose from');
    return { url, key: readKey(join(file.keys, `${person}.key`)) };
  }
  if (FIREBREAK_KEY === undefined) throw new CodedError('CLI_NOT_CONFIGURED', 'there is no API key');
  return {
    url,
    key: FIREBREAK_KEY.startsWith('file:') ? readKey(FIREBREAK_KEY.slice('file:'.length)) : FIREBREAK_KEY,
  };
}
