import { askCommand, gateCommand } from '../contracts/answer-commands.ts';
import { personFor } from './people.ts';
import type { EffectsView } from '../contracts/api.ts';
import type { IncidentStatus } from '../contracts/messages.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Api } from './api.ts';
import type { Trigger } from './arguments.ts';
import type { Observed } from './world/observe.ts';

/** A filing as the ledger keeps it. */
export interface FiledOutcome {
  readonly id: string;
  readonly kind: 'authority' | 'law-enforcement';
  /** Where the draft was written to. */
  readonly path: string;
  readonly dueAt: string | null;
  readonly state: 'draft' | 'filed' | 'not-filed';
  readonly by: string | null;
  readonly at: string | null;
}

/** How the incident came into the house. */
export interface Triggered {
  readonly door: Trigger;
  /** Person or detector that started it. */
  readonly by: string;
  /** From the request that started it to its acknowledgement, milliseconds. */
  readonly ackMs: number;
}

/** The demo's one JSON object: what the engine claims beside what the outside world observed. */
export interface DemoOutcome {
  readonly incident: string;
  readonly trigger: Triggered;
  readonly playbook: string;
  readonly planHash: string;
  readonly status: string;
  readonly credentials: Readonly<
    Record<'targets' | 'accepted' | 'verified' | 'refuted' | 'failed' | 'unknown' | 'rotated' | 'foreign', number>
  >;
  readonly notices: Readonly<Record<'targets' | 'accepted' | 'bounced' | 'unreachable' | 'failed' | 'unknown', number>>;
  readonly tickets: readonly { readonly connector: string; readonly id: string; readonly url: string }[];
  readonly filings: readonly FiledOutcome[];
  readonly observed: Observed;
  readonly journal: { readonly records: number; readonly head: string; readonly verified: boolean };
  readonly bundle: string;
  readonly timings: { readonly stackMs: number; readonly triggerToFirstRevokeMs: number; readonly totalMs: number };
  readonly crashes: number;
  /** What waits for whom, where the run rests instead of closing. */
  readonly open: readonly string[];
  /** Command lines that answer what is open, each as a person who may. */
  readonly answers: readonly string[];
}

/** What is still open in a status: gates and asks, one sentence each. */
export function openItems(status: IncidentStatus): readonly string[] {
  return [
    ...status.gates
      .filter(({ state }) => state === 'open')
      .map((gate) => `gate ${gate.id} waits for ${gate.roles.join(' and ')}: ${gate.question}`),
    ...status.asks.map((ask) => `ask ${ask.step} waits for ${ask.of}: ${ask.text}`),
    ...status.openItems.map(({ step, text }) => `${step}: ${text}`),
  ];
}

/** Command lines that answer what is open, each as a person of the demo who may: `./firebreak approve ID --as priya`. */
export function answerCommands(status: IncidentStatus): readonly string[] {
  const { incident } = status;
  const gates = status.gates
    .filter(({ state }) => state === 'open')
    .flatMap(({ id, rule, roles, answers }) => {
      const left = roles.filter((role) => !answers.some((answer) => answer.role === role));
      const asked = rule === 'all' ? left : left.slice(0, 1);
      return asked.map((role) => `./${gateCommand(incident, id)} --as ${personFor(role)}`);
    });
  const asks = status.asks.map((ask) => {
    const uses = status.steps.find(({ id }) => id === ask.step)?.uses ?? '';
    return `./${askCommand(incident, ask, uses)} --as ${ask.people[0] ?? personFor(ask.of)}`;
  });
  return [...gates, ...asks];
}

/** Reads effect counts and codes of an incident. */
export function readEffects(api: Api, incident: string): Promise<EffectsView> {
  return api.get(`/incidents/${incident}/effects`);
}

function sum(counts: Readonly<Record<string, number>> | undefined, states?: readonly string[]): number {
  return Object.entries(counts ?? {})
    .filter(([state]) => states === undefined || states.includes(state))
    .reduce((total, [, count]) => total + count, 0);
}

function outputsOf(status: IncidentStatus, uses: string): readonly JsonObject[] {
  return status.steps.filter((step) => step.uses === uses).map(({ outputs }) => outputs ?? {});
}

/** What the engine claims of credentials: revocations of the user tokens, rotations of the service tokens, foreign ones. */
export function credentialClaims({ effects }: EffectsView, status: IncidentStatus): DemoOutcome['credentials'] {
  const revoked = effects['credentials.revoke'];
  // A target of a rotation is done when its old value was revoked: issued, handed over and confirmed before.
  const rotated = outputsOf(status, 'credentials.rotate')
    .map(({ counts }) => sum(counts as Readonly<Record<string, number>> | undefined, ['accepted', 'verified']))
    .reduce((total, count) => total + count, 0);
  const foreign = outputsOf(status, 'credentials.list').map(
    ({ foreign: part }) => (part as { count?: number } | undefined)?.count ?? 0,
  );
  // A rotation ends in the revocation of the old token, under the same action: those are counted as rotated.
  return {
    targets: sum(revoked) - rotated,
    accepted: sum(revoked, ['accepted']),
    verified: sum(revoked, ['verified']) - rotated,
    refuted: sum(revoked, ['refuted']),
    failed: sum(revoked, ['failed']),
    unknown: sum(revoked, ['unknown']),
    rotated,
    foreign: foreign.reduce((total, count) => Math.max(total, count), 0),
  };
}

/** What the engine claims of notices. */
export function noticeClaims({ effects, codes }: EffectsView): DemoOutcome['notices'] {
  const sent = effects['notices.send'];
  const unreachable = codes['notices.send']?.NOTICE_UNREACHABLE ?? 0;
  return {
    targets: sum(sent),
    accepted: sum(sent, ['accepted']),
    bounced: sum(sent, ['bounced']),
    unreachable,
    failed: sum(sent, ['failed']) - unreachable,
    unknown: sum(sent, ['unknown']),
  };
}
