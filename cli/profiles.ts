import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CodedError } from '../contracts/errors.ts';
import { isJsonObject } from '../contracts/json.ts';
import type { Terminal } from './terminal.ts';

/** Profile that is meant where none is named. */
export const DEFAULT_PROFILE = 'default';

const NAME = /^[a-z][a-z0-9-]{0,39}$/;
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const OTHERS = 0o077;

/** A gateway and a key for it, as `firebreak login` stores them. */
export interface Profile {
  readonly url: string;
  readonly key: string;
  /** Whom the key spoke for when it was stored. */
  readonly id: string;
}

/** Profiles by name. */
export type Profiles = Readonly<Record<string, Profile>>;

/** @throws CLI_USAGE for what cannot name a profile. */
export function profileName(text: string): string {
  if (!NAME.test(text))
    throw new CodedError('CLI_USAGE', '--profile is a name of small letters, digits and dashes, such as `prod`');
  return text;
}

/** File of the profiles: `firebreak/profiles.json` in XDG_CONFIG_HOME, else in `.config` of the home folder. */
export function profilesPath({ environment }: Pick<Terminal, 'environment'>): string | undefined {
  const { XDG_CONFIG_HOME: config, HOME: home } = environment;
  const folder = config ? config : home ? join(home, '.config') : undefined;
  return folder === undefined ? undefined : join(folder, 'firebreak', 'profiles.json');
}

function isProfile(value: unknown): value is Profile {
  return isJsonObject(value) && ['url', 'key', 'id'].every((name) => typeof value[name] === 'string');
}

/**
 * Profiles that were stored; none where there is no file.
 *
 * @throws CLI_NOT_CONFIGURED where others than its owner may read the file, or it is not what `login` writes.
 */
export function readProfiles(terminal: Pick<Terminal, 'environment'>): Profiles {
  const path = profilesPath(terminal);
  if (path === undefined || !existsSync(path)) return {};
  if ((statSync(path).mode & OTHERS) !== 0)
    throw new CodedError('CLI_NOT_CONFIGURED', `${path} holds keys and others may read it: run \`chmod 600 ${path}\``);
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isJsonObject(value) && Object.values(value).every(isProfile)) return value as unknown as Profiles;
  } catch {
    // said below
  }
  throw new CodedError('CLI_NOT_CONFIGURED', `${path} is not what \`firebreak login\` writes: mend or remove it`);
}

/** Stores profiles for their owner only; the file is whole at every moment. @throws CLI_FILE_UNREADABLE */
export function writeProfiles(terminal: Pick<Terminal, 'environment'>, profiles: Profiles): string {
  const path = profilesPath(terminal);
  if (path === undefined)
    throw new CodedError('CLI_FILE_UNREADABLE', 'neither XDG_CONFIG_HOME nor HOME says where to store it');
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
    writeFileSync(draft, `${JSON.stringify(profiles, undefined, 2)}\n`, { mode: OWNER_ONLY_FILE });
    renameSync(draft, path);
  } catch (cause) {
    throw new CodedError('CLI_FILE_UNREADABLE', `${path} cannot be written`, { cause });
  }
  return path;
}
