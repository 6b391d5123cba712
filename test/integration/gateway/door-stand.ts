import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { importCredentials } from '../../../activities/credentials/actions/import.ts';
import { Issuers } from '../../../activities/credentials/issuers.ts';
import type { IncidentView, Started } from '../../../contracts/api.ts';
import type { ConnectorTraits } from '../../../contracts/effects.ts';
import { incidentId } from '../../../contracts/ids.ts';
import type { GateStatus } from '../../../contracts/messages.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import type { Ledger } from '../../../ledger/ports.ts';
import { readLibrary, standardLibrary } from '../../../playbooks/library.ts';
import { ask, doorKey, standDeps, type Answered, type Asked } from '../../unit/gateway/stand.ts';
import { Outside, outsides } from '../engine/outside.ts';
import { datasetOf } from '../../support/plan-sketch.ts';
import { Stand } from '../engine/stand.ts';
import { openTestLedger, type TestLedger } from '../ledger/open-test-ledger.ts';

const PATIENCE_MS = 15_000;
const INCIDENTS = 60; // ids that the outside is prepared for

let stands = 0;

/** First number of a stand: databases are their own, the Temporal server of a run is shared, and ids must not meet on it. */
function firstNumber(): number {
  stands += 1;
  return 900_000 + stands * 1_000;
}

const TRAITS: ConnectorTraits = {
  name: 'scripted',
  effect: 'idempotent',
  checks: true,
  notifiesOwner: false,
  reversible: false,
  needsRawValue: false,
  effectDelayMaxMs: 0,
  endsSessions: true,
  longestRequestMs: 1_000,
};

/** A token-shaped value, a new one each time: an open incident about a token is the only one about it. */
export function freshSecret(): string {
  return ['hf', randomBytes(17).toString('hex')].join('_');
}

/** A start of the everyday playbook. */
export function startBody(value = freshSecret()) {
  return { playbook: 'leaked-token', credentials: [{ value, name: 'DEPLOY_KEY' }] };
}

function outsideOf(ledger: Ledger): Outside {
  const outside = new Outside();
  const options = { ledger, issuers: new Issuers(new Map(), ledger), sources: new Map() };
  outside.scripts['credentials.import'] = ({ call }) => importCredentials(call, options);
  outside.scripts['people.resolve'] = () => ({
    outputs: { dataset: datasetOf(1), controllers: datasetOf(0), count: 1 },
  });
  return outside;
}

/** Looks until something is there. */
export async function until<Found>(what: string, look: () => Promise<Found | undefined>): Promise<Found> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * The door on real parts: PostgreSQL, Temporal, the workflows, the import of credentials; everything further outside is
 * scripted. The door's ledger may open nothing.
 */
export class DoorStand {
  readonly engine: Stand;
  readonly test: TestLedger;
  readonly deps: GatewayDeps;

  private constructor(engine: Stand, test: TestLedger, deps: GatewayDeps) {
    this.engine = engine;
    this.test = test;
    this.deps = deps;
  }

  static async open(): Promise<DoorStand> {
    const [engine, test] = await Promise.all([Stand.open(), openTestLedger()]);
    const people = [...standDeps().people, { id: 'noor', roles: ['commander', 'admin'] }];
    const privileged = await test.another({ opens: ['secrets'] });
    const year = new Date().getUTCFullYear();
    const first = firstNumber();
    for (const kind of ['INC', 'DRL'] as const) {
      await test.raw.query(
        'insert into incident_numbers as n (kind, year, last) values ($1, $2, $3) on conflict (kind, year) do update set last = $3',
        [kind, year, first - 1],
      );
      for (let number = first; number < first + INCIDENTS; number += 1)
        outsides.set(incidentId(kind, year, number), outsideOf(privileged));
    }
    const deps = standDeps({
      ledger: await test.another({ opens: [] }),
      client: engine.client,
      library: await readLibrary([standardLibrary]),
      people,
      traits: (action) => (['credentials.revoke', 'notices.send'].includes(action) ? TRAITS : undefined),
      keys: [
        ...people.map(({ id }) => doorKey(id, { person: id })),
        doorKey('detector', { roles: ['responder'], playbooks: ['exposed-secrets'], modes: ['drill'] }),
      ],
    });
    return new DoorStand(engine, test, deps);
  }

  async close(): Promise<void> {
    await Promise.all([this.engine.close(), this.test.close()]);
    outsides.clear();
  }

  /** Posts below `/v1/incidents`. */
  post(url: string, as: string, body: object, headers: NonNullable<Asked['headers']> = {}): Promise<Answered> {
    return ask(this.deps, { method: 'POST', url: `/v1/incidents${url}`, as, body, headers });
  }

  /** Starts an incident. */
  async started(as = 'dana', more: object = {}): Promise<Started> {
    const { status, json, text } = await this.post('', as, { ...startBody(), ...more });
    assert.equal(status, 201, text);
    return json as Started;
  }

  async view(incident: string): Promise<IncidentView> {
    return (await ask(this.deps, { method: 'GET', url: `/v1/incidents/${incident}`, as: 'olive' }))
      .json as IncidentView;
  }

  /** Waits for the open gate of the revoke. */
  openGate(incident: string): Promise<GateStatus> {
    return until(`an open gate of ${incident}`, async () => {
      const { gates, steps } = await this.view(incident);
      const failed = steps.find(({ error }) => error !== undefined);
      assert.equal(failed, undefined, JSON.stringify(failed));
      return gates.find(({ step, state }) => step === 'contain' && state === 'open');
    });
  }
}
