import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { CodedError } from '../../contracts/errors.ts';

/** Ports of a stack, all on loopback. */
export interface StackPorts {
  readonly gateway: number;
  readonly postgres: number;
  readonly temporal: number;
  /** The Temporal web UI. */
  readonly ui: number;
  /** A worker's health and metrics. */
  readonly worker: number;
}

const NAMES = ['gateway', 'postgres', 'temporal', 'ui', 'worker'] as const satisfies readonly (keyof StackPorts)[];
const FIRST_PORT = 7380;
const LAST_PORT = 65_535;
const TCP_LISTEN = '0A'; // state in /proc/net/tcp

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Ports on loopback that are free now, all different: they are held together before any is let go. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => (server!.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => close(server!)));
  return ports;
}

/** Inode of the socket that listens on a port, as Linux lists it. */
function listeningInode(port: number): string | undefined {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n')) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local.endsWith(wanted) && state === TCP_LISTEN) return inode;
    }
  }
  return undefined;
}

function holdsSocket(pid: string, link: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`) === link);
  } catch {
    return false; // it has ended, or is another user's
  }
}

/** Name and id of the process that listens on a port; '' where the system does not tell. */
function holderOf(port: number): string {
  try {
    const inode = listeningInode(port);
    const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holdsSocket(name, `socket:[${inode ?? ''}]`));
    return pid === undefined ? '' : ` by ${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
  } catch {
    return ''; // no /proc: not Linux
  }
}

/**
 * The ports of a stack: five in a row from 7380, or from the number in FIREBREAK_PORT; 0 there means any that are free.
 *
 * @throws CONFIG_INVALID for a FIREBREAK_PORT that is no port.
 * @throws PORT_IN_USE naming every port that another program holds, and who holds it.
 */
export async function choosePorts(environment: Readonly<Record<string, string | undefined>>): Promise<StackPorts> {
  const first = Number(environment['FIREBREAK_PORT'] ?? FIRST_PORT);
  if (!Number.isInteger(first) || first < 0 || first > LAST_PORT - NAMES.length)
    throw new CodedError('CONFIG_INVALID', 'FIREBREAK_PORT is not the number of a port');
  const any = first === 0 ? await freePorts(NAMES.length) : undefined;
  const ports = Object.fromEntries(NAMES.map((name, index) => [name, any?.[index] ?? first + index]));
  const held: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    const server = await listen(port);
    if (server) await close(server);
    else held.push(`port ${port} (${name}) is held${holderOf(port)}`);
  }
  if (held.length > 0) throw new CodedError('PORT_IN_USE', held.join('; '));
  return ports as unknown as StackPorts;
}
