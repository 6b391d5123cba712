import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Logger } from 'pino';
import { CodedError } from '../../contracts/errors.ts';
import { WATCHDOG_REPORTS, type WatchdogReport } from '../../contracts/watchdog.ts';
import { readBook, writeBook } from './book-file.ts';
import { DueBook } from './due-book.ts';
import type { AlarmPath } from './alarm-paths.ts';

const TICK_MS = 5_000; // an alarm goes out well within a minute of the due time
const REPORT_BYTES_MAX = 4_000_000; // some ten thousand duties

const text = { type: 'string', maxLength: 400 };
const instant = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T[\\d:.]+Z$' };
const isReport = new Ajv2020().compile<WatchdogReport>({
  type: 'object',
  additionalProperties: false,
  required: ['at', 'isEngineUp', 'duties'],
  properties: {
    at: instant,
    isEngineUp: { type: 'boolean' },
    duties: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['incident', 'obligation', 'title', 'dueAt'],
        properties: { incident: text, obligation: text, title: text, dueAt: instant },
      },
    },
  },
});

/** What a watchdog is made from. */
export interface WatchdogOptions {
  readonly host: string;
  readonly port: number;
  /** What workers show; a value, not a reference. */
  readonly token: string;
  readonly file: string;
  readonly silenceMs: number;
  readonly paths: readonly AlarmPath[];
  readonly log: Logger;
  /** Milliseconds between looks at the clock; default 5 s. */
  readonly tickMs?: number;
}

/** A watchdog at work. */
export interface RunningWatchdog {
  readonly port: number;
  stop(): Promise<void>;
}

/** Reads a body. @returns `undefined` where it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > REPORT_BYTES_MAX) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

class Watchdog implements RunningWatchdog {
  readonly #options: WatchdogOptions;
  readonly #book: DueBook;
  readonly #server: Server;
  #tick: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#book = new DueBook(readBook(options.file) ?? DueBook.empty(Date.now()), options.silenceMs);
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(
        (status) => response.writeHead(status, { connection: 'close' }).end(),
        () => response.writeHead(500).end(),
      );
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async start(): Promise<void> {
    const { host, port, file } = this.#options;
    writeBook(file, this.#book.state); // a folder that cannot be written to is found now, not at the first report
    await new Promise<void>((listening, failed) => {
      this.#server.once('error', (cause) =>
        failed(new CodedError('PORT_IN_USE', `watchdog.port ${port} on ${host} cannot be used`, { cause })),
      );
      this.#server.listen(port, host, listening);
    });
    this.#tick = setInterval(() => void this.#look(), this.#options.tickMs ?? TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#tick);
    await new Promise<void>((closed) => {
      this.#server.close(() => closed());
      this.#server.closeAllConnections();
    });
    await Promise.all(this.#options.paths.map((path) => path.close()));
  }

  async #answer(request: IncomingMessage): Promise<number> {
    if (request.method === 'GET' && request.url === '/healthz') return 200;
    if (request.method !== 'POST' || request.url !== WATCHDOG_REPORTS) return 404;
    if (!this.#isKnown(request.headers.authorization ?? '')) return 401;
    const body = await bodyOf(request);
    if (body === undefined) return 413;
    const report = parsed(body);
    if (!isReport(report)) return 400;
    this.#book.report(report, Date.now());
    writeBook(this.#options.file, this.#book.state);
    return 204;
  }

  #isKnown(authorization: string): boolean {
    const [shown, expected] = [authorization, `Bearer ${this.#options.token}`].map((value) =>
      createHash('sha256').update(value).digest(),
    );
    return timingSafeEqual(shown!, expected!);
  }

  /** Sends what is to be alarmed; what nobody took is tried again at the next tick. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { paths, log, file } = this.#options;
    try {
      for (const alarm of this.#book.alarms(Date.now())) {
        const taken = await Promise.all(paths.map((path) => path.send(alarm)));
        const by = paths.filter((_, index) => taken[index]).map(({ name }) => name);
        if (by.length === 0) {
          log.error({ alarm: alarm.id }, `nobody took the alarm: ${alarm.subject}`);
          continue;
        }
        log.warn({ alarm: alarm.id, by }, alarm.subject);
        this.#book.raised(alarm.id, Date.now());
        writeBook(file, this.#book.state);
      }
    } catch (error) {
      log.error({ error: error instanceof Error ? error.message : String(error) }, 'the watchdog could not look');
    } finally {
      this.#isLooking = false;
    }
  }
}

/**
 * Keeps watch: takes workers' reports over HTTP, keeps due times in its own file, and alarms people when a time passes or
 * the engine falls silent. It needs neither Temporal nor PostgreSQL nor the chat.
 *
 * @throws PORT_IN_USE, WATCHDOG_FILE_UNREADABLE
 */
export async function keepWatch(options: WatchdogOptions): Promise<RunningWatchdog> {
  const watchdog = new Watchdog(options);
  await watchdog.start();
  return watchdog;
}
