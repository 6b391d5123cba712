import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CodedError } from '../contracts/errors.ts';
import { isJsonObject } from '../contracts/json.ts';
import { DEFAULT_PROFILE, profileName, readProfiles } from './profiles.ts';
import type { Terminal } from './terminal.ts';

/** Where the gateway is, and who speaks to it. */
export interface Connection {
  readonly url: string;
  readonly key: string;
  /** Where address and key come from, in a few words. */
  readonly from: string;
}

/** Options that every command has. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly as?: string;
  readonly profile?: string;
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

function readStackFile(path: string | undefined): StackFile {
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

function isAddress(url: string | undefined): url is string {
  return url !== undefined && /^https?:\/\//.test(url);
}

/** A stored profile; its key goes to the address that it was stored with and to no other. */
function ofProfile(name: string, url: string | undefined, terminal: Terminal): Connection {
  const profiles = readProfiles(terminal);
  const profile = Object.hasOwn(profiles, name) ? profiles[name]! : undefined;
  if (!profile) {
    const known = Object.keys(profiles).join(', ') || 'none';
    throw new CodedError('CLI_NOT_CONFIGURED', `there is no profile ${name}; stored: ${known}`);
  }
  if (url !== undefined && url.replace(/\/$/, '') !== profile.url)
    throw new CodedError(
      'CLI_USAGE',
      `the key of profile ${name} is for ${profile.url} only; leave --url and FIREBREAK_URL out`,
    );
  return { url: profile.url, key: profile.key, from: `profile ${name}` };
}

function ofStack(path: string | undefined, url: string | undefined, wanted: string | undefined): Connection {
  const file = readStackFile(path);
  const at = url ?? file.url;
  if (!isAddress(at)) throw new CodedError('CLI_NOT_CONFIGURED', 'there is no address of a gateway');
  const person = wanted ?? file.as;
  if (person === undefined) throw new CodedError('CLI_NOT_CONFIGURED', 'there is no API key');
  if (file.keys === undefined || !PERSON.test(person))
    throw new CodedError('CLI_NOT_CONFIGURED', 'only a development stack has keys to choose from');
  return { url: at, key: readKey(join(file.keys, `${person}.key`)), from: `development stack ${path ?? ''}`.trim() };
}

/**
 * Finds gateway and key. The first of these counts:
 *
 * 1. `--profile`: what `firebreak login` stored;
 * 2. `--as`: a key of the development stack;
 * 3. `FIREBREAK_KEY` (a key, or `file:PATH`);
 * 4. `FIREBREAK_PROFILE`;
 * 5. the development stack of this folder or one above (`.firebreak/cli.json`);
 * 6. the profile `default`;
 * 7. the development stack of the checkout.
 *
 * The address is `--url`, else `FIREBREAK_URL`, else what comes with the key.
 *
 * @throws CLI_NOT_CONFIGURED, CLI_USAGE
 */
export function findConnection({ url, as, profile }: ConnectionOptions, terminal: Terminal): Connection {
  const { FIREBREAK_URL, FIREBREAK_KEY, FIREBREAK_PROFILE } = terminal.environment;
  if (profile !== undefined && as !== undefined)
    throw new CodedError('CLI_USAGE', 'give one of --profile (a stored key) and --as (a person of the stack)');
  if (profile !== undefined) return ofProfile(profileName(profile), url, terminal);
  const here = findStackFile(terminal.folder);
  const checkout = terminal.checkout === undefined ? undefined : findStackFile(terminal.checkout);
  const given = url ?? FIREBREAK_URL;
  if (as !== undefined) return ofStack(here ?? checkout, given, as);
  if (FIREBREAK_KEY !== undefined) {
    const at = given ?? readStackFile(here ?? checkout).url;
    if (!isAddress(at)) throw new CodedError('CLI_NOT_CONFIGURED', 'there is no address of a gateway');
    const file = FIREBREAK_KEY.startsWith('file:') ? FIREBREAK_KEY.slice('file:'.length) : undefined;
    return { url: at, key: file === undefined ? FIREBREAK_KEY : readKey(file), from: 'FIREBREAK_KEY' };
  }
  if (FIREBREAK_PROFILE) return ofProfile(profileName(FIREBREAK_PROFILE), given, terminal);
  if (here === undefined && Object.hasOwn(readProfiles(terminal), DEFAULT_PROFILE))
    return ofProfile(DEFAULT_PROFILE, given, terminal);
  return ofStack(here ?? checkout, given, undefined);
}
