import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { IncidentView } from '../../contracts/api.ts';
import type { ConnectorTraits } from '../../contracts/effects.ts';
import { incidentId, incidentWorkflowId, permitId, type IncidentId } from '../../contracts/ids.ts';
import { canonicalJson } from '../../contracts/json.ts';
import type { GateStatus } from '../../contracts/messages.ts';
import { start } from '../../gateway/acts.ts';
import type { GatewayDeps } from '../../gateway/deps.ts';
import { createServer } from '../../gateway/http/server.ts';
import { readStatus } from '../../gateway/incident-view.ts';
import { readLibrary } from '../../playbooks/library.ts';
import { Outside, outsides } from '../integration/engine/outside.ts';
import { DoorStand } from '../integration/gateway/door-stand.ts';
import { datasetOf } from '../support/plan-sketch.ts';
import { doorKey } from '../unit/gateway/stand.ts';
import { MATRIX_PLAYBOOK, ROUND_PLAYBOOK } from './matrix-playbook.ts';
import { rights, type Door, type Kind, type MatrixOperation, type Whose } from './matrix.ts';

/** Who acts: an id as incidents know it, and the name of an API key. */
export interface Actor {
  readonly id: string;
  readonly key: string;
}

/** One role at one door, in one incident. */
export interface Lane {
  readonly kind: Kind;
  readonly role: string;
  readonly door: Door;
  readonly whose: Exclude<Whose, 'none'>;
  readonly actor: Actor;
  readonly incident: IncidentId;
  readonly gate: GateStatus;
}

/** What of a lane is known before its incident is started. */
export type LaneSketch = Pick<Lane, 'kind' | 'role' | 'door' | 'whose'>;

const STILL_MS = 30;
const LOOK_EVERY_MS = 50;
const READY_WITHIN_MS = 120_000; // many start at once, and other suites may be at work
const TARGETS = 40;
const INCIDENTS = 400; // ids that the outside is prepared for: lanes, what they start, previews
const ROLES = rights.person.map(({ name }) => name);
const TRAITS: ConnectorTraits = {
  ...{ name: 'scripted', effect: 'idempotent', checks: true, notifiesOwner: false, reversible: true },
  ...{ needsRawValue: false, effectDelayMaxMs: 0, endsSessions: false, longestRequestMs: 1_000 },
};

/** Asks for the incidents that are "another's". */
const STARTER: Actor = { id: 'robin', key: 'robin' };
/** May do everything: does what was refused to somebody else, in the same words. */
export const CHIEF: Actor = { id: 'chief', key: 'chief' };

/** Who stands for a role. */
export function actorOf(kind: Kind, role: string): Actor {
  return kind === 'person' ? { id: `p-${role}`, key: `p-${role}` } : { id: `key:m-${role}`, key: `m-${role}` };
}

function rolesOf(role: string): readonly string[] {
  return role === 'nobody' ? [] : [role];
}

/** A rollout that never gets anywhere, so that it can be paused and steered. */
function outsideOfMatrix(): Outside {
  const outside = new Outside();
  const dataset = datasetOf(TARGETS);
  outside.scripts['credentials.list'] = () => ({ outputs: { dataset, rest: dataset, count: TARGETS } });
  outside.scripts['credentials.revoke'] = () => ({ counts: { planned: TARGETS }, left: TARGETS, waitMs: 600_000 });
  return outside;
}

/** What the doors asked of what lies beyond the engine. */
interface Asked {
  readonly exports: string[];
  readonly bounces: string[];
  reconciles: number;
}

/** The doors on real parts (PostgreSQL, Temporal, the workflows), with one person and one machine for each role. */
export class MatrixStand {
  readonly door: DoorStand;
  readonly deps: GatewayDeps;
  readonly url: string;
  readonly folder: string;
  readonly asked: Asked;
  readonly #app: FastifyInstance;

  private constructor(parts: Pick<MatrixStand, 'door' | 'deps' | 'url' | 'folder' | 'asked'>, app: FastifyInstance) {
    ({ door: this.door, deps: this.deps, url: this.url, folder: this.folder, asked: this.asked } = parts);
    this.#app = app;
  }

  /** @param accounts - Slack member ids by person. */
  static async open(accounts: Readonly<Record<string, string>> = {}): Promise<MatrixStand> {
    const door = await DoorStand.open();
    const folder = await mkdtemp(join(tmpdir(), 'firebreak-doors-'));
    await writeFile(join(folder, 'doors-matrix.yaml'), MATRIX_PLAYBOOK);
    await writeFile(join(folder, 'doors-round.yaml'), ROUND_PLAYBOOK);
    await prepareOutsides(door);
    const asked: Asked = { exports: [], bounces: [], reconciles: 0 };
    const people = [
      ...ROLES.map((role) => ({ id: actorOf('person', role).id, roles: rolesOf(role) })),
      { id: STARTER.id, roles: ['responder'] },
      { id: CHIEF.id, roles: ROLES.filter((role) => role !== 'nobody') },
    ].map((person) => ({ ...person, ...(accounts[person.id] === undefined ? {} : { slack: accounts[person.id]! }) }));
    const deps: GatewayDeps = {
      ...door.deps,
      library: await readLibrary([folder]),
      people,
      keys: [
        ...people.map(({ id }) => doorKey(id, { person: id })),
        ...ROLES.map((role) => doorKey(actorOf('machine', role).key, { roles: rolesOf(role) })),
      ],
      traits: () => TRAITS,
      rate: { perSecond: 10_000, burst: 10_000 },
      exportBundle: async (incident) => {
        const path = join(folder, `${incident}.bundle`);
        await writeFile(path, `a bundle of ${incident}`);
        asked.exports.push(incident);
        return { path, records: 1, head: 'b'.repeat(64) };
      },
      reconcile: () => {
        asked.reconciles += 1;
        return Promise.resolve({ settled: [], open: 0 });
      },
      takeBounce: (_raw, recipient = '') => {
        asked.bounces.push(recipient);
        return Promise.resolve({ incident: incidentId('INC', 2026, 1), action: 'failed', status: '5.1.1' });
      },
    };
    const app = createServer(deps);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return new MatrixStand({ door, deps, url, folder, asked }, app);
  }

  async close(): Promise<void> {
    await this.#app.close();
    await this.door.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Starts the incident of a lane, by its actor or by somebody else, while that one may start: roles change later. */
  async begin({ kind, role, door, whose }: LaneSketch): Promise<IncidentId> {
    const { id, key } = whose === 'own' ? actorOf(kind, role) : STARTER;
    const isMachine = whose === 'own' && kind === 'machine';
    const identity = { id, isMachine, roles: ['responder'], key: { name: key, sha256: '' } };
    const speaker = { identity, key: `lane-${kind}-${role}-${door}-${whose}` };
    return (await start(this.deps, speaker, { playbook: 'doors-matrix' })).incident;
  }

  /** Ends the run of an incident that nobody looks at any more. */
  async end(incident: IncidentId): Promise<void> {
    await this.deps.client.workflow.getHandle(incidentWorkflowId(incident)).terminate('its lane has ended');
  }

  /** Waits until everything in an incident waits for somebody. @returns the open gate */
  async ready(incident: IncidentId): Promise<GateStatus> {
    const deadline = performance.now() + READY_WITHIN_MS;
    for (;;) {
      const { gates, steps } = await this.view(incident);
      const isSo = (step: string, state: string): boolean =>
        steps.some((one) => one.id === step && one.state === state);
      const gate = gates.find((one) => one.step === 'contain' && one.state === 'open');
      if (gate && isSo('note', 'succeeded') && isSo('round', 'running') && isSo('ask-commander', 'waiting'))
        return gate;
      if (performance.now() > deadline) throw new Error(`${incident} does not come to rest: ${JSON.stringify(steps)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Status as the engine has it; where a busy machine makes it late it is asked again, not the ledger. */
  async view(incident: IncidentId): Promise<IncidentView> {
    for (;;) {
      const view = await readStatus(this.deps, incident);
      if (view.source === 'engine') return view;
    }
  }

  /** State of the permit of the rollout. */
  permit(incident: IncidentId): string | undefined {
    return outsides.get(incident)!.permits.get(permitId(incident, 'contain', 1))?.state;
  }

  /** Incidents that somebody asked for, previews left out. */
  async startedBy(id: string): Promise<readonly string[]> {
    const { rows } = await this.door.test.raw.query<{ id: string }>(
      "select id from incidents where requester = $1 and mode <> 'preview'",
      [id],
    );
    return rows.map((row) => row.id);
  }

  /** {@link standing} once nothing moves by itself any more. */
  async settled(who: Actor, lane: Pick<Lane, 'incident'>, operation: MatrixOperation): Promise<string> {
    let before = await this.standing(who, lane, operation);
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, STILL_MS));
      const now = await this.standing(who, lane, operation);
      if (now === before) return now;
      before = now;
    }
  }

  /** Everything that an act of an actor could have changed, as one text. What other lanes change is left out. */
  async standing({ id }: Actor, { incident }: Pick<Lane, 'incident'>, operation: MatrixOperation): Promise<string> {
    const { stopped, gates, asks, facts, steps, openItems } = await this.view(incident);
    const outside = outsides.get(incident)!;
    const { holds, documents } = this.deps.ledger;
    const [held, filed, started] = await Promise.all([
      holds.list(incident),
      documents.list(incident),
      operation === 'start' ? this.startedBy(id) : [],
    ]);
    return canonicalJson({
      ...{ stopped, openItems, facts, permit: this.permit(incident) ?? 'none' },
      gates: gates.map((gate) => [gate.id, gate.state, gate.answers]),
      asks: asks.map(({ step }) => step),
      steps: steps.map((step) => [step.id, step.state, step.visit, step.waitsFor ?? '']),
      words: outside.journal.filter(({ actor }) => actor === id).length,
      beyond: [held.length, filed.length, started.length, outside.of('chat.topic').length],
      reconciles: operation === 'reconcile' ? this.asked.reconciles : 0,
      exports: this.asked.exports.filter((one) => one === incident).length,
      bounces: this.asked.bounces.filter((one) => one.includes(incident)).length,
    });
  }
}

/** The stand below prepares sixty incidents; the matrix needs one a lane, and what its cells start. */
async function prepareOutsides({ test }: DoorStand): Promise<void> {
  const { rows } = await test.raw.query<{ kind: 'INC' | 'DRL'; year: number; last: number }>(
    'select kind, year, last from incident_numbers',
  );
  for (const { kind, year, last } of rows)
    for (let number = last + 1; number <= last + INCIDENTS; number += 1)
      outsides.set(incidentId(kind, year, number), outsideOfMatrix());
}
