import type { WhoAmI } from '../../contracts/door-people.ts';
import { CodedError } from '../../contracts/errors.ts';
import { Api } from '../api.ts';
import { readGiven } from '../given-values.ts';
import { DEFAULT_PROFILE, profileName, profilesPath, readProfiles, writeProfiles } from '../profiles.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

const LOOPBACK = /^http:\/\/(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d+)?(?:\/|$)/;

/** Options of `login`. */
export interface LoginOptions {
  readonly profile?: string;
  readonly url?: string;
  readonly keyFile?: string;
  readonly allowHttp?: boolean;
  readonly show?: boolean;
}

/** The address as it is stored. @throws CLI_USAGE */
function addressOf(text: string, allowHttp: boolean): string {
  const url = text.trim().replace(/\/+$/, '');
  if (!/^https?:\/\/[^\s/@]+(?:\/\S*)?$/.test(url))
    throw new CodedError('CLI_USAGE', 'the address of a gateway looks like https://firebreak.example.org');
  if (url.startsWith('http:') && !LOOPBACK.test(url) && !allowHttp)
    throw new CodedError('CLI_USAGE', `${url} would carry the key in the clear: use https, or say --allow-http`);
  return url;
}

/** The key, from a file, from standard input, or typed without being shown. @throws CLI_USAGE, CLI_FILE_UNREADABLE */
async function keyFor(session: Session, { keyFile }: LoginOptions): Promise<string> {
  const { terminal } = session;
  if (keyFile === undefined && !terminal.isTerminal)
    throw new CodedError(
      'CLI_USAGE',
      'nobody can be asked for the key here: give --key-file FILE, `-` for standard input',
    );
  const text = keyFile === undefined ? await terminal.askSecret('API key: ') : await readGiven(keyFile, terminal);
  const key = text.trim();
  if (!/^\S+$/.test(key)) throw new CodedError('CLI_USAGE', 'that is not one API key');
  return key;
}

/** Profiles as they are stored, without their keys. */
function show(session: Session): void {
  const { terminal } = session;
  const stored = Object.entries(readProfiles(terminal)).map(([profile, { url, id }]) => ({ profile, url, id }));
  session.show({ file: profilesPath(terminal), profiles: stored }, () =>
    stored.length === 0
      ? ['no profile is stored: firebreak login']
      : table(
          ['PROFILE', 'SPEAKS FOR', 'GATEWAY'],
          stored.map(({ profile, url, id }) => [profile, id, url]),
        ),
  );
}

/** `firebreak login`: tries address and key with one question, then stores them for their owner only. */
export async function login(session: Session, options: LoginOptions): Promise<void> {
  if (options.show) {
    show(session);
    return;
  }
  const { terminal } = session;
  const name = profileName(options.profile ?? DEFAULT_PROFILE);
  if (options.url === undefined && !terminal.isTerminal)
    throw new CodedError('CLI_USAGE', 'nobody can be asked for the address here: give --url');
  const url = addressOf(options.url ?? (await terminal.ask('Address of the gateway: ')), options.allowHttp === true);
  const key = await keyFor(session, options);
  const me = await new Api({ url, key, from: 'login' }, terminal.fetch).get<WhoAmI>('/me');
  const file = writeProfiles(terminal, { ...readProfiles(terminal), [name]: { url, key, id: me.id } });
  session.show({ profile: name, url, id: me.id, roles: me.roles, file }, () => [
    `${me.id} (${me.roles.join(', ') || 'no role'}) at ${url}`,
    `stored as profile ${name} in ${file}`,
  ]);
}

/** `firebreak logout`: forgets a profile, or all. The key stays good: have it taken out of the file of people to end it. */
export function logout(session: Session, { profile, all = false }: { profile?: string; all?: boolean }): void {
  const { terminal } = session;
  const profiles = readProfiles(terminal);
  const name = profileName(profile ?? DEFAULT_PROFILE);
  const gone = all ? Object.keys(profiles) : [name];
  if (!all && !Object.hasOwn(profiles, name))
    throw new CodedError(
      'CLI_NOT_CONFIGURED',
      `there is no profile ${name}; stored: ${Object.keys(profiles).join(', ') || 'none'}`,
    );
  const kept = Object.fromEntries(Object.entries(profiles).filter(([one]) => !gone.includes(one)));
  if (gone.length > 0) writeProfiles(terminal, kept);
  session.show({ forgotten: gone }, () => [gone.length === 0 ? 'nothing was stored' : `forgotten: ${gone.join(', ')}`]);
}

/** `firebreak whoami`. */
export async function whoami(session: Session): Promise<void> {
  const { url, from } = session.connection;
  const me = await session.api.get<WhoAmI>('/me');
  session.show({ ...me, url, from }, () => [
    `${me.id} (${me.roles.join(', ') || 'no role'})${me.isMachine ? ', a machine' : ''}, key ${me.key}`,
    `at ${url}, by ${from}`,
    `may ${me.may.join(', ')}`,
    ...(me.playbooks ? [`may start ${me.playbooks.join(', ')}`] : []),
    ...(me.modes ? [`in mode ${me.modes.join(', ')}`] : []),
  ]);
}
