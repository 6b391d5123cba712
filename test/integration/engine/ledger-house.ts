import { createEngineActivities } from '../../../activities/engine/activities.ts';
import { runPage, type RunPageOptions } from '../../../activities/effect-runner.ts';
import { errorEntry, isCodedError } from '../../../contracts/errors.ts';
import { incidentId } from '../../../contracts/ids.ts';
import { datasetOf, digestOf, planOf, type StepSketch } from '../../support/plan-sketch.ts';
import { refusal } from './outside.ts';
import { openRequest, openTestLedger, type TestLedger } from '../ledger/open-test-ledger.ts';
import { Stand, STAND_REQUESTER, STAND_ROLES, type StartedIncident } from './stand.ts';
import { testDoor } from '../../support/decision-proofs.ts';
import type { Connector } from '../../../activities/port.ts';
import type { IncidentId } from '../../../contracts/ids.ts';
import type { Ledger, NewRow, RolloutRow } from '../../../ledger/ports.ts';
import type { PageCall } from '../../../contracts/effects.ts';
import type { Plan, PlanLimit } from '../../../contracts/plan.ts';

const PARAMS = digestOf('as asked');
const NUMBERS_FROM = 700_000; // above what other tests draw, on the Temporal server that they share
let houses = 0;

/** Targets `t000`, `t001` ... */
export function targetRows(count: number): readonly NewRow[] {
  return Array.from({ length: count }, (_, index) => ({
    subject: `t${String(index).padStart(3, '0')}`,
    attributes: { issuer: 'own', kind: 'user' },
    sealed: {},
  }));
}

/** A plan of one listing and rollouts over what it lists; open until somebody decides on the scope. */
export function rollingOut(
  steps: readonly Partial<StepSketch>[],
  limits: Readonly<Record<string, PlanLimit>> = {},
): Plan {
  const rollouts = steps.map((step, index) => ({
    ...{ id: index === 0 ? 'contain' : `contain-${index + 1}`, uses: 'credentials.revoke' },
    ...{ needs: ['scope'], reads: ['scope'], forEach: 'steps.scope.dataset', timeoutMs: 60_000 },
    ...step,
  }));
  const plan = planOf([
    { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
    ...rollouts,
    { id: 'final', uses: 'wait.for', with: { fact: 'scopeFinal', of: 'commander' } },
    { id: 'close', uses: 'incident.close', needs: ['final', ...rollouts.map(({ id }) => id)] },
  ]);
  return { ...plan, limits };
}

/** An incident whose pages run on the real ledger. */
export interface LedgerIncident {
  readonly run: StartedIncident;
  readonly id: IncidentId;
  /** Newest progress of a step. */
  progress(step?: string): Promise<RolloutRow | undefined>;
  /** Says that the scope is final, and waits for the end. */
  finish(): Promise<void>;
}

/**
 * Workflows on a real Temporal server, pages of the real effect runner on a real PostgreSQL, a connector that the test
 * scripts. What else is outside answers as in {@link Stand}.
 */
export class LedgerHouse {
  readonly test: TestLedger;
  readonly #stands: readonly Stand[];
  #next: number;

  private constructor(test: TestLedger, stands: readonly Stand[]) {
    houses += 1;
    this.test = test;
    this.#stands = stands;
    this.#next = NUMBERS_FROM + houses * 1_000;
  }

  /** @param workers - worker sets on the same queues. */
  static async open(workers = 1): Promise<LedgerHouse> {
    const test = await openTestLedger();
    return new LedgerHouse(test, await Promise.all(Array.from({ length: workers }, () => Stand.open())));
  }

  /** What a door needs to reach these incidents. */
  get client(): Stand['client'] {
    return this.#stands[0]!.client;
  }

  async close(): Promise<void> {
    await Promise.all(this.#stands.map((stand) => stand.close()));
    await this.test.close();
  }

  /** Starts an incident whose listing gives these rows. */
  async start(
    plan: Plan,
    rows: readonly NewRow[],
    connector: Connector,
    more: Partial<RunPageOptions> = {},
  ): Promise<LedgerIncident> {
    const { ledger } = this.test;
    const id = await this.#incident(plan);
    const owner = { incident: id, step: 'scope', visit: 1 };
    const { dataset = datasetOf(0) } =
      rows.length === 0 ? {} : await ledger.datasets.write(owner, { dataset: { kind: 'credentials', rows } });
    const page = (call: PageCall) => runPage(call, { ledger, connector, paramsHash: () => PARAMS, ...more });
    const run = await this.#stands[0]!.start(plan, {
      input: { incident: id },
      prepare: ({ scripts }) => {
        scripts['credentials.list'] = () => ({ outputs: { dataset, count: dataset.count } });
        for (const uses of ['credentials.revoke', 'notices.send']) scripts[uses] = ({ call }) => page(call);
        Object.assign(scripts, engineScripts(ledger));
      },
    });
    return {
      ...{ run, id },
      progress: async (step = 'contain') => (await ledger.rollouts.list(id)).findLast((row) => row.step === step),
      finish: async () => {
        const fact = { key: 'scopeFinal', value: true, by: 'casey', source: 'person', confidence: 'decided' };
        await run.send('addFact', fact);
        await run.result();
      },
    };
  }

  async #incident(plan: Plan): Promise<IncidentId> {
    const { ledger, raw } = this.test;
    const year = new Date().getUTCFullYear();
    this.#next += 1;
    await raw.query(
      'insert into incident_numbers as n (kind, year, last) values ($1, $2, $3) on conflict (kind, year) do update set last = $3',
      ['INC', year, this.#next - 1],
    );
    await ledger.documents.putPlan({ plan, planHash: digestOf(plan), documents: {} });
    await ledger.incidents.open(
      openRequest({ planHash: digestOf(plan), requester: STAND_REQUESTER, roles: STAND_ROLES }),
    );
    return incidentId('INC', year, this.#next);
  }
}

/** As the worker's activity edge does: what a code refuses is not tried again. */
function asRefusal(error: unknown): never {
  throw isCodedError(error) && errorEntry(error.code).kind !== 'retryable' ? refusal(error.code, error.what) : error;
}

/** What the engine asks of the ledger for its gates and rollouts; where it answers nothing, the answer that the stand gives stays. */
function engineScripts(ledger: Ledger): Readonly<Record<string, (seen: { readonly call: never }) => Promise<unknown>>> {
  const engine = createEngineActivities({
    ledger,
    gated: () => ({ traits: undefined, preview: undefined }),
    tell: (_call, people) => Promise.resolve(people),
    card: () => Promise.resolve(),
    assess: () => Promise.resolve({ obligations: [], clocks: [] }),
    anchors: [],
    doors: [testDoor.publicKey],
    personKey: () => undefined,
  });
  return Object.fromEntries(
    (['engine.openGate', 'engine.setPermit', 'engine.setLimit', 'engine.askRate', 'engine.reopen'] as const).map(
      (name) => [
        name,
        async ({ call }: { readonly call: never }) => {
          const answer = await engine[name](call).catch(asRefusal);
          return name === 'engine.openGate' ? answer : undefined;
        },
      ],
    ),
  );
}
