import { createHash } from 'node:crypto';
import { RELAYED_DOMAIN } from './bouncer.ts';
import { DEAD_DOMAIN } from './mail-sink.ts';
import { seededRandom, type SeededRandom } from './random.ts';

/** Size and seed of the demo's world. */
export interface StorySize {
  /** N: own tokens of the three user kinds. */
  readonly tokens: number;
  /** M: affected people with a working mailbox. */
  readonly people: number;
  readonly seed: number;
}

/** A person as the directory knows them. */
export interface StoryPerson {
  readonly id: string;
  readonly displayName: string;
  readonly address: string;
  readonly locale: 'en' | 'de';
  /** Customer company whose contact must be told too (GDPR Art. 33(2)). */
  readonly controller?: string;
  /** `refused` does not exist and is refused at the door; `bounces` is taken at the door, and comes back later. */
  readonly mailbox: 'works' | 'refused' | 'bounces';
}

/** A token of the own issuer. */
export interface StoryToken {
  readonly id: string;
  readonly value: string;
  readonly kind: 'read' | 'write' | 'fine-grained' | 'service';
  readonly name: string;
  readonly owner: string;
  readonly scopes: readonly string[];
  readonly clients: readonly string[];
  readonly misused: boolean;
}

/** A secret of another issuer that lay in the store. */
export interface ForeignSecret {
  readonly name: string;
  readonly value: string;
  readonly issuer: string;
  readonly owner: string;
}

/** Everything the demo's outside world starts with. */
export interface Story {
  readonly store: string;
  readonly people: readonly StoryPerson[];
  readonly controllers: readonly StoryPerson[];
  readonly tokens: readonly StoryToken[];
  readonly foreign: readonly ForeignSecret[];
  readonly admins: readonly string[];
}

const SERVICE_SHARE = 0.02; // beyond N
const FOREIGN_SHARE = 0.05; // beyond N
const DEAD_SHARE = 0.01; // beyond M
const FOREIGN_ONLY_SHARE = 0.02; // of M: people who are told although none of their secrets is ours
const MISUSED_SHARE = 0.01;
const CUSTOMERS = 3;
const DOMAINS: Readonly<Record<StoryPerson['mailbox'], string>> = {
  works: 'people.example.org',
  refused: DEAD_DOMAIN,
  bounces: RELAYED_DOMAIN,
};
const KINDS = ['read', 'write', 'fine-grained'] as const;
const NAMES = ['DEPLOY_KEY', 'HUB_TOKEN', 'CI_PUSH', 'DATASET_SYNC', 'INFERENCE', 'NIGHTLY_JOB'];
const CLIENTS = ['cli/1.8', 'python-sdk/0.24', 'git/2.39', 'browser'];

/** Share of a number, rounded; at least one once the whole reaches 20, so that a small demo still meets every case. */
function shareOf(whole: number, share: number): number {
  return whole >= 20 ? Math.max(1, Math.round(whole * share)) : Math.round(whole * share);
}

function person(index: number, mailbox: StoryPerson['mailbox'], random: SeededRandom): StoryPerson {
  const number = String(index + 1).padStart(6, '0');
  const controller = random.next() < 0.1 ? `customer-${1 + random.below(CUSTOMERS)}` : undefined;
  return {
    id: `person-${number}`,
    displayName: `Person ${number}`,
    address: `p${number}@${DOMAINS[mailbox]}`,
    locale: random.next() < 0.3 ? 'de' : 'en',
    ...(controller === undefined ? {} : { controller }),
    mailbox,
  };
}

function ownToken(index: number, kind: StoryToken['kind'], owner: string, random: SeededRandom): StoryToken {
  return {
    id: `tok-${createHash('sha256').update(`${index}/${kind}`).digest('hex').slice(0, 12)}`,
    value: ['hf', random.text(34)].join('_'), // token-shaped values are built, never written down
    kind,
    name: random.pick(NAMES),
    owner,
    scopes: kind === 'read' ? ['read'] : ['read', 'write'],
    clients: [random.pick(CLIENTS)],
    misused: random.next() < MISUSED_SHARE,
  };
}

/**
 * Invents the story's data: the same seed and size give the same world.
 *
 * Beyond the N tokens there are 2 % service tokens and 5 % secrets of other issuers; beyond the M people 1 % dead
 * mailboxes: every other one is taken at the door and comes back later. Every person holds at least one exposed secret.
 *
 * @throws RangeError when there are more people than secrets to hold.
 */
export function inventStory({ tokens, people, seed }: StorySize): Story {
  const random = seededRandom(seed);
  const dead = shareOf(people, DEAD_SHARE);
  const everyone = Array.from({ length: people + dead }, (_, index) =>
    person(index, index < people ? 'works' : (index - people) % 2 === 0 ? 'refused' : 'bounces', random),
  );
  const foreignCount = shareOf(tokens, FOREIGN_SHARE);
  const foreignOnly = Math.min(shareOf(people, FOREIGN_ONLY_SHARE), foreignCount);
  const holders = everyone.slice(foreignOnly);
  if (holders.length > tokens)
    throw new RangeError(`${people} people cannot share ${tokens} tokens: give at least as many tokens as people`);

  const owned = Array.from({ length: tokens }, (_, index) => {
    const owner = index < holders.length ? holders[index]! : random.pick(holders); // everybody once, the rest by chance
    return ownToken(index, KINDS[index % KINDS.length]!, owner.id, random);
  });
  const services = Array.from({ length: shareOf(tokens, SERVICE_SHARE) }, (_, index) =>
    ownToken(tokens + index, 'service', random.pick(holders).id, random),
  );
  const foreign = Array.from({ length: foreignCount }, (_, index) => ({
    name: random.pick(['GH_DEPLOY', 'GH_MIRROR']),
    value: ['ghp', random.text(36)].join('_'),
    issuer: 'github',
    owner: index < foreignOnly ? everyone[index]!.id : random.pick(holders).id,
  }));
  const controllers = Array.from({ length: CUSTOMERS }, (_, index) => ({
    id: `customer-${index + 1}`,
    displayName: `Customer ${index + 1} privacy office`,
    address: `privacy${index + 1}@customers.example.org`,
    locale: index === 0 ? ('de' as const) : ('en' as const),
    mailbox: 'works' as const,
  }));
  const admins = everyone.slice(foreignOnly, foreignOnly + Math.min(2, people)).map(({ id }) => id);
  return { store: 'spaces', people: everyone, controllers, tokens: [...owned, ...services], foreign, admins };
}
