import { seededRandom, type SeededRandom } from '../../demo/world/random.ts';
import { drawPlaybook } from './draw-playbook.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { ProviderFault } from '../faults/provider-faults.ts';

/** A token of a run at its issuer. */
export interface ChaosToken {
  readonly id: string;
  readonly value: string;
  readonly kind: 'read' | 'write' | 'service';
  readonly name: string;
  readonly owner: string;
  readonly misused: boolean;
}

/** What a mail server does to one message. */
export type MailFault =
  /** 550 to the recipient: there is no such mailbox. */
  | 'no-mailbox'
  /** 421 to the recipient, once: come back. */
  | 'unusable'
  /** The connection is lost before the message is whole, once. */
  | 'lost'
  /** The message is taken, then the connection is lost, once. */
  | 'taken-then-lost';

/** What is done to the stack, all runs with it. */
export type Blow = 'kill-worker' | 'stop-worker' | 'kill-temporal' | 'kill-postgres';

/** Everything that one integer says of a run. */
export interface ChaosRun {
  readonly seed: number;
  readonly name: string;
  readonly mode: 'live' | 'drill';
  readonly playbook: JsonObject;
  readonly tokens: readonly ChaosToken[];
  /** People's ids, each with the locale of their mails. */
  readonly people: readonly { readonly id: string; readonly address: string; readonly locale: 'en' | 'de' }[];
  /** Fault of the n-th acting request at the issuer or the ticket system, n from 1. */
  readonly providerFaults: ReadonlyMap<number, ProviderFault>;
  /** Fault by recipient. */
  readonly mailFaults: ReadonlyMap<string, MailFault>;
  /** What is done once the run has had that many effects outside. */
  readonly blows: readonly { readonly afterEffects: number; readonly blow: Blow }[];
  /** The incident is stopped once, after that many effects, and resumed later; `undefined`: it is not. */
  readonly stopAfterEffects: number | undefined;
  /** Longest time until somebody answers, in milliseconds. */
  readonly answersWithinMs: number;
  /** Share of gates that are rejected. */
  readonly rejects: number;
  /** How long the mail server thinks about a message, in milliseconds; a few without it. */
  readonly mailReplyMs?: number;
}

const PROVIDER_FAULTS: readonly ProviderFault[] = [
  { how: 'rate-limited', retryAfter: 1 },
  { how: 'server-error' },
  { how: 'effect-then-error' },
  { how: 'effect-then-reset' },
  { how: 'effect-then-timeout' },
  { how: 'nonsense' },
  { how: 'error-inside' },
];
const DRILL_EVERY = 10; // runs
const STOP_EVERY = 7; // runs; from the third on, so that the first twenty hold two live ones
const MAIL_FAULTS: readonly MailFault[] = ['no-mailbox', 'unusable', 'lost', 'taken-then-lost'];

function drawFaults(random: SeededRandom): ReadonlyMap<number, ProviderFault> {
  const faults = new Map<number, ProviderFault>();
  for (let left = random.below(4); left > 0; left -= 1) faults.set(1 + random.below(8), random.pick(PROVIDER_FAULTS));
  return faults;
}

const SPREAD = 0.618_033_988_75; // the golden section: neighbouring seeds are struck by everything in turn

function drawBlows(random: SeededRandom, seed: number, targets: number): ChaosRun['blows'] {
  const luck = (random.next() * 0.05 + seed * SPREAD) % 1;
  const blow: Blow | undefined =
    luck < 0.4
      ? 'kill-worker'
      : luck < 0.6
        ? 'stop-worker'
        : luck < 0.7
          ? 'kill-temporal'
          : luck < 0.8
            ? 'kill-postgres'
            : undefined;
  return blow === undefined ? [] : [{ afterEffects: 1 + random.below(Math.max(1, targets)), blow }];
}

/** Draws a run: the same seed gives the same playbook, targets, people, faults and blows. */
export function drawRun(seed: number): ChaosRun {
  const random = seededRandom(Math.imul(seed, 2_654_435_761) ^ 0x5eed); // neighbouring seeds are not alike
  const name = `chaos-${seed}`;
  const count = random.pick([1, 7, 20, 60, 120]);
  const people = Array.from({ length: Math.max(1, Math.ceil(count * (0.2 + random.next() * 0.8))) }, (_, index) => ({
    id: `${name}-p${index}`,
    address: `p${index}@${name}.people.example.org`,
    locale: random.next() < 0.2 ? ('de' as const) : ('en' as const),
  }));
  const tokens = Array.from({ length: count }, (_, index): ChaosToken => ({
    id: `${name}-t${index}`,
    value: ['hf', random.text(34)].join('_'), // token-shaped values are built, never written down
    kind: random.pick(['read', 'read', 'read', 'read', 'write', 'write', 'service'] as const),
    name: random.pick(['DEPLOY_KEY', 'CI_PUSH', 'NIGHTLY_JOB']),
    owner: random.pick(people).id,
    misused: random.next() < 0.1,
  }));
  const mode = seed % DRILL_EVERY === 0 ? ('drill' as const) : ('live' as const);
  return {
    ...{ seed, name, mode, tokens, people },
    playbook: drawPlaybook(name, random),
    providerFaults: drawFaults(random),
    mailFaults: new Map(
      people.flatMap(({ address }) => (random.next() < 0.06 ? [[address, random.pick(MAIL_FAULTS)] as const] : [])),
    ),
    blows: drawBlows(random, seed, count),
    stopAfterEffects: seed % STOP_EVERY === 3 ? 1 + random.below(count) : undefined,
    answersWithinMs: random.pick([0, 500, 2_500]),
    rejects: random.next() < 0.2 ? 0.4 : 0,
  };
}
