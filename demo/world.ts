import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { DEMO_STAFF } from './people.ts';
import { Bouncer, RELAYED_DOMAIN } from './world/bouncer.ts';
import { answerControl } from './world/control.ts';
import { startEmulators, TICKET_REPOSITORIES } from './world/emulators.ts';
import { serveWorld } from './world/http-server.ts';
import { Issuer } from './world/issuer.ts';
import { startMailSink } from './world/mail-sink.ts';
import { SlackWorkplace } from './world/slack/workplace.ts';
import { createDirectory, createStore } from './world/store-and-directory.ts';
import { inventStory } from './world/story.ts';
import type { Watched } from './world/observe.ts';

/**
 * The demo's outside world as one process: issuer, secrets store, directory, mail sink, GitHub and Slack emulators.
 *
 * Keys come from the environment (see {@link WORLD_KEYS}); mail that comes back goes to the port `--bounces`,
 * what people do in Slack to the address `--slack-door`. When everything listens, it prints one JSON line
 * ({@link WorldPlaces}) and serves until SIGTERM.
 */
export interface WorldPlaces {
  /** Issuer, store and directory. */
  readonly http: string;
  readonly smtpPort: number;
  readonly github: string;
  readonly slack: string;
  readonly slackTeam: string;
  /** Member id in Slack by person. */
  readonly slackUsers: Readonly<Record<string, string>>;
  /** What the world saw: `/observed`, `/mailcount`, `/mailbox`, `/record?folder=`; what people do in Slack: `/slack/...`. */
  readonly control: string;
  readonly queues: Readonly<Record<string, string>>;
}

/** Environment variables that hold the keys of the simulated services. */
export const WORLD_KEYS = {
  issuerRead: 'FIREBREAK_DEMO_ISSUER_READ',
  issuerAct: 'FIREBREAK_DEMO_ISSUER_ACT',
  store: 'FIREBREAK_DEMO_STORE',
  directory: 'FIREBREAK_DEMO_DIRECTORY',
  github: 'FIREBREAK_DEMO_GITHUB',
  slack: 'FIREBREAK_DEMO_SLACK',
  slackSigning: 'FIREBREAK_DEMO_SLACK_SIGNING',
  detector: 'FIREBREAK_DEMO_DETECTOR',
} as const;

const OWNER_CONFIRMS_AFTER_MS = 1_500; // the simulated owners try the new token within seconds
const OWNER_LOOKS_EVERY_MS = 250;

function keyOf(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}

async function serveControl(watched: Watched): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    answerControl(watched, request).then(
      (answer) => {
        response.writeHead(answer ? 200 : 404, { 'content-type': answer?.type ?? 'text/plain' });
        response.end(answer?.body ?? 'not found');
      },
      (error: unknown) => response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tokens: { type: 'string', default: '1' },
      people: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      bounces: { type: 'string' },
      'slack-door': { type: 'string' },
    },
  });
  const story = inventStory({
    tokens: Number(values.tokens),
    people: Number(values.people),
    seed: Number(values.seed),
  });
  const issuer = new Issuer(story, { read: keyOf(WORLD_KEYS.issuerRead), act: keyOf(WORLD_KEYS.issuerAct) });
  const bouncer = new Bouncer(Number(values.bounces));
  const [emulators, mail, http] = await Promise.all([
    startEmulators(
      { github: keyOf(WORLD_KEYS.github), slack: keyOf(WORLD_KEYS.slack) },
      DEMO_STAFF.map(({ id }) => id),
    ),
    startMailSink(0, (message) => {
      if (message.recipients.some((address) => address.endsWith(`@${RELAYED_DOMAIN}`))) bouncer.bounce(message);
    }),
    serveWorld(
      [
        (request) => issuer.serve(request),
        createStore(story, keyOf(WORLD_KEYS.store)),
        createDirectory(story, keyOf(WORLD_KEYS.directory)),
      ],
      0,
    ),
  ]);
  const door = values['slack-door'];
  const workplace = new SlackWorkplace(
    emulators.slack,
    door === undefined ? undefined : { url: door, signingSecret: keyOf(WORLD_KEYS.slackSigning) },
  );
  const control = await serveControl({ story, issuer, mail, bouncer, emulators, workplace });
  const owners = setInterval(() => issuer.replacements.confirmDue(OWNER_CONFIRMS_AFTER_MS), OWNER_LOOKS_EVERY_MS);

  const places: WorldPlaces = {
    http: http.url,
    smtpPort: mail.port,
    github: emulators.github.url,
    slack: emulators.slack.url,
    slackTeam: emulators.slack.team,
    slackUsers: emulators.slack.users,
    control: control.url,
    queues: TICKET_REPOSITORIES,
  };
  process.stdout.write(`${JSON.stringify(places)}\n`);

  process.once('SIGTERM', () => {
    clearInterval(owners);
    control.close();
    bouncer.close();
    void Promise.allSettled([http.close(), mail.close(), emulators.close()]).then(() => process.exit(0));
  });
}

if (process.argv[1] === import.meta.filename) await main();
