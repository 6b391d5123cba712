import { digestOf, planOf } from '../../test/support/plan-sketch.ts';
import { ENGINE_VERSION, type IncidentInput } from '../../contracts/messages.ts';
import { fileAnchor, startAnchor } from '../../worker/anchors.ts';
import { taskQueues } from '../../contracts/queues.ts';
import { workflowOptions } from '../../gateway/workflow-options.ts';
import type { BenchWorker } from './bench-worker.ts';
import type { Client } from '@temporalio/client';
import type { Ledger } from '../../ledger/ports.ts';
import type { Plan } from '../../contracts/plan.ts';
import type { Stand } from './stand.ts';

/** A playbook of steps that do nothing, each needing the one before. */
function idlePlan(steps: number): Plan {
  return planOf(
    Array.from({ length: steps }, (_, index) => ({
      ...{ id: `s${index}`, uses: 'facts.set', title: 'Nothing' },
      needs: index === 0 ? [] : [`s${index - 1}`],
    })),
  );
}

/** Playbooks of idle steps, and the same steps bare, on one worker process. */
export class Playbooks {
  readonly #stand: Stand;
  readonly #client: Client;
  readonly #ledger: Ledger;
  readonly #worker: BenchWorker;
  readonly #anchorStart: ReturnType<typeof startAnchor>;

  private constructor(stand: Stand, client: Client, ledger: Ledger, worker: BenchWorker) {
    this.#stand = stand;
    this.#client = client;
    this.#ledger = ledger;
    this.#worker = worker;
    this.#anchorStart = startAnchor(ledger, [fileAnchor(stand.anchors)], console);
  }

  /** @param options - `unjournalled`: nothing is written to the ledger while they run. */
  static async open(stand: Stand, options: { readonly unjournalled?: boolean } = {}): Promise<Playbooks> {
    const house = await stand.house();
    const client = await stand.client();
    return new Playbooks(stand, client, house.ledger, await stand.worker(house, options));
  }

  /** Runs an incident of that many idle steps to its end, from a row in the ledger on, as the door does. */
  async engine(steps: number): Promise<unknown> {
    const plan = idlePlan(steps);
    const planHash = digestOf(plan);
    const { incident } = await this.#ledger.incidents.open({
      ...{ key: `bench-${this.#stand.nextRun()}`, requestHash: planHash, mode: 'drill', playbook: 'bench', planHash },
      ...{ requester: 'bench', inputs: {}, roles: {} },
    });
    const isAnchored = await this.#anchorStart(incident);
    const input: IncidentInput = {
      ...{ incident, mode: 'drill', engineVersion: ENGINE_VERSION, plan, planHash, inputs: {} },
      ...{ requester: 'bench', roles: {}, isAnchored },
    };
    // Every house counts its incidents from one, and all of them share a server.
    const options = { ...workflowOptions(input), workflowIdReusePolicy: 'ALLOW_DUPLICATE' } as const;
    return this.#client.workflow.execute('incident', options);
  }

  /** Runs a workflow that calls a no-op activity that many times. */
  bare(steps: number): Promise<unknown> {
    const workflowId = `bare-${this.#stand.nextRun()}`;
    return this.#client.workflow.execute('bareSteps', { workflowId, taskQueue: taskQueues.engine, args: [steps] });
  }

  async close(): Promise<void> {
    await this.#worker.stop();
  }
}
