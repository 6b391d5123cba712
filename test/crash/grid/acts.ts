import { actionCatalogue } from '../../../contracts/catalogue.ts';
import { readersWithSecrets, tokensOf, type Target } from './targets.ts';
import { MAIL_CONNECTIONS, STAFF, type Outside, type SeenAct } from './outside.ts';
import type { IncidentId } from '../../../contracts/ids.ts';
import type { StepSketch } from '../../support/plan-sketch.ts';

/** A cell's own surroundings: nothing of it meets another cell's. */
export interface Scene {
  /** Unique, safe in names everywhere. */
  readonly tag: string;
  readonly outside: Outside;
  /** Once the incident is open. */
  readonly incident: IncidentId;
}

/** One effectful action as the grid tries it. */
export interface Act {
  readonly action: string;
  /** What tells apart several acts of one action. */
  readonly variant?: string;
  /** Passes of each cut point; 1 where absent. */
  readonly pass?: number;
  /** Bytes of its acting request, as the source of a regular expression; `$tag` stands for the scene's tag. */
  readonly sent: string;
  /** Most targets that may end as unknown after one death; 0 for what is not blind. */
  readonly unknownMax?: number;
  /** Makes the outside ready: an issue to comment on, roles to disable. @returns what `with` needs of it. */
  prepare?(scene: Omit<Scene, 'incident'>): Promise<string>;
  /** Targets of a rollout. */
  targets?(tag: string): readonly Target[];
  /** How the rollout proceeds; absent: pages of 500, four at a time. */
  readonly rollout?: StepSketch['rollout'];
  /** `with` of the step. */
  readonly with?: (tag: string, prepared: string) => StepSketch['with'];
  /** Steps that come before, all on the queue of the hands. */
  readonly before?: (tag: string) => readonly StepSketch[];
  /** Subjects that the outside must have seen acted on, each once; the ledger's own record stands for those without an outside. */
  planned(scene: Scene): readonly string[];
  /** What the outside has seen of them by itself. */
  seen(scene: Scene): Promise<readonly SeenAct[]>;
}

const TOKENS = 250; // three batches of a hundred
const READERS = 24;
const ROLES = 6;

const room = (tag: string): StepSketch => ({ id: 'room', uses: 'chat.open', with: { name: `room-${tag}` } });
const inRoom = async ({ outside, tag }: Scene) => outside.room(`room-${tag}`);
const times = (count: number, subject: string): readonly SeenAct[] =>
  Array.from({ length: count }, () => ({ subject, at: NaN }));

function ofProvider(
  kind: 'revoke' | 'end-sessions' | 'issue' | 'hand-over' | 'hold' | 'request',
  subjectOf: (scene: Scene) => (subject: string) => boolean,
): Act['seen'] {
  return (scene) => {
    const isOurs = subjectOf(scene);
    const { provider } = scene.outside;
    return Promise.resolve(
      [...provider.done(kind)].flatMap(([subject, list]) =>
        isOurs(subject) ? list.map(({ at }) => ({ subject: `${kind} ${subject}`, at })) : [],
      ),
    );
  };
}

const ofTag =
  ({ tag }: Scene) =>
  (subject: string): boolean =>
    subject.includes(`${tag}-`);

function rotation(pass: number, variant: string, sent: string): Act {
  return {
    ...{ action: 'credentials.rotate', variant, pass, sent },
    targets: (tag) => tokensOf(tag, 1),
    with: () => ({ handOver: 'owner', revokeAfter: 'PT1H' }),
    planned: ({ tag }) => [`issue ${tag}-0`, `hand-over ${tag}-0`, `revoke ${tag}-0`],
    seen: async (scene) => {
      const kinds = ['issue', 'hand-over', 'revoke'] as const;
      const seen = await Promise.all(kinds.map((kind) => ofProvider(kind, ofTag)(scene)));
      // A replacement's name carries the key it was issued with: two names would be two replacements.
      return seen.flat().map(({ subject, at }) => ({ subject: subject.replace(/rep\.(.+)\.[0-9a-f]{32}$/, '$1'), at }));
    },
  };
}

/** Notices to that many readers; `page` of them a page. */
export function notices(readers: number, unknownMax = MAIL_CONNECTIONS, page?: number): Act {
  return {
    ...(page === undefined ? {} : { rollout: { first: [], canary: 0, page, window: 4 } }),
    ...{ action: 'notices.send', sent: '\\r\\n\\.\\r\\n$|^\\.\\r\\n$', pass: 3, unknownMax },
    targets: (tag) => readersWithSecrets(tag, readers),
    with: () => ({ notice: 'leaked-token', template: 'leaked-token' }),
    planned: ({ tag }) => readersWithSecrets(tag, readers).map(({ id }) => id),
    seen: ({ outside, tag }) => Promise.resolve(mails(outside, (to) => to.startsWith(`${tag}-`))),
  };
}

/** Revocations of that many tokens at one issuer, a hundred a request. */
export function revocations(tokens: number): Act {
  return {
    ...{ action: 'credentials.revoke', variant: 'in batches', sent: '^POST /api/tokens/revoke' },
    targets: (tag) => tokensOf(tag, tokens),
    planned: ({ tag }) => tokensOf(tag, tokens).map(({ id }) => `revoke ${id}`),
    seen: ofProvider('revoke', ofTag),
  };
}

/** Every effectful action of the catalogue, in the shapes in which it acts. */
export const acts: readonly Act[] = [
  revocations(TOKENS),
  {
    ...{ action: 'credentials.revoke', variant: 'one by one', sent: 'alter role .*PASSWORD NULL', pass: 2 },
    prepare: makeRoles,
    targets: (tag) => tokensOf(tag, ROLES, 'roles'),
    planned: ({ tag }) => tokensOf(tag, ROLES).map(({ id }) => id),
    seen: lockedRoles,
  },
  {
    ...{ action: 'credentials.disable', sent: 'alter role .*NOLOGIN' },
    prepare: makeRoles,
    targets: (tag) => tokensOf(tag, ROLES, 'roles'),
    planned: ({ tag }) => tokensOf(tag, ROLES).map(({ id }) => id),
    seen: lockedRoles,
  },
  rotation(1, 'issue', '^POST /api/tokens/[^/]+/replacements'),
  rotation(2, 'hand over', '^POST /api/replacements/[^/]+/handover'),
  rotation(3, 'revoke the old one', '^POST /api/tokens/revoke'),
  {
    ...{ action: 'sessions.end', sent: '^POST /api/sessions/end' },
    targets: (tag) => tokensOf(tag, TOKENS),
    planned: ({ tag }) => tokensOf(tag, TOKENS).map(({ id }) => `end-sessions ${id}`),
    seen: ofProvider('end-sessions', ofTag),
  },
  notices(READERS),
  {
    ...{ action: 'people.page', sent: '\\r\\n\\.\\r\\n$|^\\.\\r\\n$', unknownMax: 1 },
    with: (tag) => ({ of: 'commander', text: `wake for ${tag}.` }),
    planned: () => STAFF.map((id) => `${id}@staff.example.org`),
    seen: ({ outside, tag }) =>
      Promise.resolve(
        mails(
          outside,
          () => true,
          (raw) => raw.includes(`wake for ${tag}.`),
        ),
      ),
  },
  {
    ...{ action: 'evidence.hold', sent: '^POST /audit/hold' },
    with: () => ({ sources: ['audit'], back: 'P1D' }),
    planned: ({ incident }) => [`hold ${incident}`],
    seen: ofProvider(
      'hold',
      ({ incident }) =>
        (subject) =>
          subject === incident,
    ),
  },
  {
    ...{ action: 'tickets.open', sent: '^POST /repos/[^ ]+/issues ' },
    with: () => ({ queue: 'forensics', template: 'engagement' }),
    planned: ({ incident }) => [incident],
    seen: async ({ outside, incident }) => {
      const issues = await outside.github<
        readonly { title: string; body: string; state: string; created_at: string }[]
      >('/issues?state=open&per_page=100&sort=created&direction=desc');
      return issues
        .filter(({ title, body }) => `${title} ${body}`.includes(incident))
        .map(({ created_at: at }) => ({ subject: incident, at: Date.parse(at) }));
    },
  },
  {
    ...{ action: 'tickets.comment', sent: '^POST /repos/[^ ]+/comments ' },
    prepare: openIssue,
    with: (tag, ticket) => ({ ticket, text: `note of ${tag}.` }),
    planned: ({ tag }) => [tag],
    seen: async ({ outside, tag }) => {
      const { number } = await issueOf(outside, tag);
      const comments = await outside.github<readonly { body: string; created_at: string }[]>(
        `/issues/${number}/comments`,
      );
      return comments
        .filter(({ body }) => body.includes(`note of ${tag}.`))
        .map(({ created_at: at }) => ({ subject: tag, at: Date.parse(at) }));
    },
  },
  {
    ...{ action: 'tickets.close', sent: '^PATCH /repos/[^ ]+/issues/' },
    prepare: openIssue,
    with: (_tag, ticket) => ({ ticket }),
    planned: ({ tag }) => [tag],
    seen: async ({ outside, tag }) => times((await issueOf(outside, tag)).state === 'closed' ? 1 : 0, tag),
  },
  {
    ...{ action: 'chat.open', sent: '^POST /api/conversations.create' },
    with: (tag) => ({ name: `room-${tag}` }),
    planned: ({ tag }) => [tag, `card of ${tag}`],
    seen: async (scene) => {
      const { count, messages } = await inRoom(scene);
      return [...times(count, scene.tag), ...times(messages.length, `card of ${scene.tag}`)];
    },
  },
  {
    ...{ action: 'chat.post', sent: '^POST /api/chat.postMessage' },
    before: (tag) => [room(tag)],
    with: (tag) => ({ text: `word of ${tag}.` }),
    planned: ({ tag }) => [tag],
    seen: async (scene) =>
      (await inRoom(scene)).messages
        .filter(({ text }) => text.includes(`word of ${scene.tag}.`))
        .map(({ ts }) => ({ subject: scene.tag, at: Number(ts) * 1_000 })),
  },
  {
    ...{ action: 'chat.invite', sent: '^POST /api/conversations.invite' },
    before: (tag) => [room(tag)],
    with: () => ({ of: 'commander' }),
    planned: () => STAFF,
    seen: async (scene) => {
      const [{ members }, ids] = await Promise.all([inRoom(scene), scene.outside.slackIds()]);
      return STAFF.flatMap((name) => times(members.filter((id) => id === ids.get(name)).length, name));
    },
  },
  {
    ...{ action: 'chat.topic', sent: '^POST /api/conversations.setTopic' },
    before: (tag) => [room(tag)],
    with: (tag) => ({ text: `topic of ${tag}` }),
    planned: ({ tag }) => [tag],
    seen: async (scene) => times((await inRoom(scene)).topic === `topic of ${scene.tag}` ? 1 : 0, scene.tag),
  },
  {
    ...{ action: 'http.request', sent: '^PUT /things/' },
    with: (tag) => ({ host: 'things', method: 'PUT', path: `/things/${tag}-1`, body: { on: true } }),
    planned: ({ tag }) => [`request /things/${tag}-1`],
    seen: ofProvider('request', ofTag),
  },
  {
    ...{ action: 'incident.followUp', sent: 'never' },
    with: () => ({ text: 'harden', of: 'commander', due: 'P14D' }),
    planned: () => [],
    seen: () => Promise.resolve([]),
  },
  {
    ...{ action: 'incident.close', sent: 'never' },
    planned: () => [],
    seen: () => Promise.resolve([]),
  },
];

/** Actions of the catalogue that act. */
export const effectfulActions: readonly string[] = [...actionCatalogue.values()]
  .filter(({ effect }) => effect !== 'none')
  .map(({ name }) => name);

function mails(
  outside: Outside,
  isTo: (to: string) => boolean,
  isText: (raw: string) => boolean = () => true,
): SeenAct[] {
  return outside.mail.messages.flatMap(({ recipients, raw, at }) =>
    isText(raw) ? recipients.filter(isTo).map((subject) => ({ subject, at })) : [],
  );
}

async function makeRoles({ outside, tag }: Omit<Scene, 'incident'>): Promise<string> {
  for (const { id } of tokensOf(tag, ROLES)) await outside.roles.query(`create role "${id}" login`);
  return '';
}

async function lockedRoles({ outside, tag }: Scene): Promise<readonly SeenAct[]> {
  const { rows } = await outside.roles.query<{ name: string }>(
    'select rolname as name from pg_roles where not rolcanlogin and starts_with(rolname, $1)',
    [`${tag}-`],
  );
  return rows.flatMap(({ name }) => times(1, name));
}

async function openIssue({ outside, tag }: Omit<Scene, 'incident'>): Promise<string> {
  const { number, html_url: url } = await outside.github<{ number: number; html_url: string }>('/issues', 'POST', {
    title: `for ${tag}.`,
  });
  const repository = /([\w.-]+\/[\w.-]+)\/issues\/\d+$/.exec(url)?.[1] ?? '';
  return `${repository}#${number}`;
}

async function issueOf(outside: Outside, tag: string): Promise<{ readonly number: number; readonly state: string }> {
  for (let page = 1; ; page += 1) {
    const issues = await outside.github<readonly { title: string; number: number; state: string }[]>(
      `/issues?state=all&per_page=100&page=${page}`,
    );
    const found = issues.find(({ title }) => title === `for ${tag}.`);
    if (found) return found;
    if (issues.length === 0) throw new Error(`there is no issue of ${tag}`);
  }
}
