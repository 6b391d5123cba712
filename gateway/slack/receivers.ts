import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import bolt, { type Receiver, type ReceiverEvent } from '@slack/bolt';
import { CodedError } from '../../contracts/errors.ts';
import type { SlackDoorOptions } from './options.ts';
import { silent } from './web-api.ts';

/** Path that Slack posts to. */
export const SLACK_PATH = '/slack/events';

const CLOCKS_DIFFER_S = 300; // the SDK refuses what is older; what lies as far ahead is refused here
const BODY_MAX_BYTES = 256 * 1024;
const HEADERS_WITHIN_MS = 5_000;
const CONNECT_WITHIN_MS = 10_000;
const RETRY_FIRST_MS = 200;
const RETRY_MOST_MS = 30_000;

/** What is done with an event before it is acknowledged: what throws here is not, and Slack delivers it again. */
export type BeforeAck = (event: ReceiverEvent) => Promise<void>;

/** What the reception tells of deliveries. */
interface Around {
  readonly before: BeforeAck;
  /** A delivery was not signed as Slack signs; it came from that address. */
  readonly unsigned: (address: string) => void;
  readonly log: (line: object) => void;
}

/** How deliveries come in. */
export interface Reception {
  readonly receiver: Receiver;
  /** Opens the door. @returns its address, where it has one. @throws PORT_IN_USE */
  open(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Hands deliveries to the app, after what has to be stored has been. */
function storing(inner: Receiver, before: BeforeAck): Receiver {
  return {
    init: (app) => {
      const handOn = app.processEvent.bind(app);
      app.processEvent = async (event) => {
        await before(event);
        await handOn(event);
      };
      inner.init(app);
    },
    start: (...given: unknown[]) => inner.start(...given),
    stop: (...given: unknown[]) => inner.stop(...given),
  };
}

/** Whether the signed time of a request lies further ahead than clocks differ, or is none. */
function isAhead({ headers }: IncomingMessage): boolean {
  const given = headers['x-slack-request-timestamp'];
  if (given === undefined) return false; // the SDK refuses it
  return typeof given !== 'string' || !/^\d{1,12}$/.test(given) || Number(given) > Date.now() / 1_000 + CLOCKS_DIFFER_S;
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'cache-control': 'no-store', connection: 'close' }).end();
}

/** Slack posts to us; every request is signed, over its raw bytes and its time. */
function overHttp({ reception }: SlackDoorOptions, { before, unsigned }: Around): Reception {
  if (reception.mode !== 'http') throw new TypeError('not HTTP');
  const { signingSecret, host, port } = reception;
  const inner = new bolt.HTTPReceiver({
    signingSecret,
    endpoints: [SLACK_PATH],
    logger: silent,
    bodyLimit: BODY_MAX_BYTES,
    processEventErrorHandler: ({ response }) => {
      if (!response.headersSent) answer(response, 503); // not stored: Slack delivers it again
      return Promise.resolve(false);
    },
    unhandledRequestHandler: ({ response }) => {
      if (!response.headersSent) answer(response, 503);
    },
  });
  let server: Server | undefined;
  return {
    receiver: storing(inner, before),
    open: async () => {
      server = createServer(
        { headersTimeout: HEADERS_WITHIN_MS, requestTimeout: HEADERS_WITHIN_MS },
        (request, response) => {
          const [path] = (request.url ?? '').split('?');
          response.once('finish', () => {
            if (response.statusCode === 401) unsigned(request.socket.remoteAddress ?? 'unknown');
          });
          if (path !== SLACK_PATH || request.method !== 'POST') answer(response, 404);
          else if (isAhead(request)) answer(response, 401);
          else inner.requestListener(request, response);
        },
      );
      const listening = server;
      await new Promise<void>((resolve, reject) => {
        listening.once('error', (cause) => {
          reject(new CodedError('PORT_IN_USE', `slack.http.port ${port} on ${host} cannot be used`, { cause }));
        });
        listening.listen(port, host, resolve);
      });
      return `http://${host}:${(listening.address() as AddressInfo).port}${SLACK_PATH}`;
    },
    close: () =>
      new Promise((resolve) => {
        if (!server) resolve();
        else server.close(() => resolve());
        server?.closeIdleConnections();
      }),
  };
}

/**
 * We hold a web socket. Slack ends it now and then, and a Slack that is dead is tried again for ever; nothing waits for it.
 * The SDK's own reconnecting is off: where Slack is dead it ends in a rejection that nobody can take.
 */
function overSocket({ reception, apiUrl }: SlackDoorOptions, { before, log }: Around): Reception {
  if (reception.mode !== 'socket') throw new TypeError('not Socket Mode');
  const clientOptions = {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    allowAbsoluteUrls: false,
    retryConfig: { retries: 0 },
    timeout: CONNECT_WITHIN_MS,
  };
  const inner = new bolt.SocketModeReceiver({
    appToken: reception.appToken,
    logger: silent,
    autoReconnectEnabled: false,
    installerOptions: { clientOptions },
    processEventErrorHandler: () => Promise.resolve(false), // not stored: not acknowledged, so Slack delivers it again
  });
  let [isOpen, waitMs] = [true, RETRY_FIRST_MS];
  let timer: NodeJS.Timeout | undefined;
  const connect = (): void => {
    timer = undefined;
    inner.start().then(
      () => {
        waitMs = RETRY_FIRST_MS;
      },
      () => again(),
    );
  };
  const again = (): void => {
    if (!isOpen || timer !== undefined) return;
    log({ door: 'slack', socket: 'not connected', againInMs: waitMs });
    timer = setTimeout(connect, waitMs);
    waitMs = Math.min(2 * waitMs, RETRY_MOST_MS);
  };
  inner.client.on('error', () => undefined); // a socket that fails is disconnected too
  inner.client.on('disconnected', again);
  return {
    receiver: storing(inner, before),
    open: () => {
      connect();
      return Promise.resolve(undefined);
    },
    close: async () => {
      isOpen = false;
      clearTimeout(timer);
      await inner.stop().catch(() => undefined);
    },
  };
}

/** One reception for either way; everything behind it is the same. */
export function receptionFor(options: SlackDoorOptions, around: Around): Reception {
  return options.reception.mode === 'http' ? overHttp(options, around) : overSocket(options, around);
}
