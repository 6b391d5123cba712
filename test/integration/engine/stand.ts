import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { Client, Connection, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  bundleWorkflowCode,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { digestOf } from '../../support/plan-sketch.ts';
import { proofOf } from '../../support/decision-proofs.ts';
import { incidentId, incidentWorkflowId, type IncidentId } from '../../../contracts/ids.ts';
import { Outside, outsides, type Seen } from './outside.ts';
import { startTestTemporal } from '../../support/temporal.ts';
import { workflowOptions } from '../../../gateway/workflow-options.ts';
import { taskQueues } from '../../../contracts/queues.ts';
import { ENGINE_VERSION } from '../../../contracts/messages.ts';
import type {
  DecideMessage,
  GateStatus,
  IncidentInput,
  IncidentResult,
  IncidentStatus,
  Receipt,
} from '../../../contracts/messages.ts';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import type { Plan } from '../../../contracts/plan.ts';

const ENGINE_ACTIVITIES = [
  'record',
  'openGate',
  'setPermit',
  'setState',
  'setLimit',
  'askRate',
  'reopen',
  'page',
  'assess',
  'anchor',
  'card',
] as const;
/** Who asks for an incident, where a test says nothing else. */
export const STAND_REQUESTER = 'dana';
/** Who is bound to which role, where a test says nothing else. */
export const STAND_ROLES = { commander: ['casey', 'noor'], privacy: ['priya'], platform: ['lee'], admin: ['ada'] };

const PATIENCE_MS = 12_000; // below the time a test has, so that what was missed is said

const logger = new DefaultLogger('ERROR');
let isQuiet = false;

/** Workers say nothing below an error; once a process, before the first of them. */
function beQuiet(): void {
  if (!isQuiet) Runtime.install({ logger });
  isQuiet = true;
}

let bundled: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The workflow bundle under test, built once a process. */
export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundled ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../../workflows/index.ts', import.meta.url)),
    logger,
  });
  return bundled;
}

async function perform(call: Seen['call']): Promise<unknown> {
  const { activityType, activityId, attempt } = Context.current().info;
  const outside = outsides.get(call.incident);
  if (!outside) throw ApplicationFailure.nonRetryable(`nobody started ${call.incident}`, 'TEST_INCIDENT_UNKNOWN');
  return outside.take({ type: activityType, activityId, attempt, call });
}

/** Temporal with workers for every queue, and incidents on it. */
export class Stand {
  readonly client: Client;
  readonly #workers: readonly Worker[];
  readonly #runs: readonly Promise<void>[];
  readonly #connections: readonly { close(): Promise<void> }[];

  private constructor(client: Client, workers: readonly Worker[], connections: readonly { close(): Promise<void> }[]) {
    this.client = client;
    this.#workers = workers;
    this.#runs = workers.map((worker) => worker.run());
    this.#connections = connections;
  }

  /** @param cached - workflows kept in memory; 0 replays the whole history at every task. */
  static async open(cached = 100): Promise<Stand> {
    beQuiet();
    const namespace = 'default';
    const server = await startTestTemporal({ timeSkipping: true });
    const connection = await Connection.connect({ address: server.address });
    const native = await NativeConnection.connect({ address: server.address });
    const activities = {
      ...Object.fromEntries(ENGINE_ACTIVITIES.map((name) => [`engine.${name}`, perform])),
      default: perform,
    };
    const shape = { connection: native, namespace, activities, shutdownGraceTime: 0, shutdownForceTime: 2_000 };
    const bundle = await workflowBundle();
    const workers = await Promise.all(
      Object.values(taskQueues).map((taskQueue) =>
        Worker.create({
          ...shape,
          taskQueue,
          ...(taskQueue === taskQueues.engine ? { workflowBundle: bundle, maxCachedWorkflows: cached } : {}),
        }),
      ),
    );
    return new Stand(new Client({ connection, namespace }), workers, [connection, native]);
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) worker.shutdown();
    await Promise.allSettled(this.#runs);
    for (const connection of this.#connections) await connection.close();
  }

  /**
   * Starts an incident.
   *
   * @param options - `skipsTime`: the server runs timers out as soon as nothing is in flight (facts/temporal 2.4).
   * `isAtDoor`: started as the gateway starts it, its head anchored.
   */
  async start(
    plan: Plan,
    options: {
      readonly input?: Partial<IncidentInput>;
      readonly skipsTime?: boolean;
      readonly isAtDoor?: boolean;
      readonly prepare?: (outside: Outside) => void;
    } = {},
  ): Promise<StartedIncident> {
    const incident = options.input?.incident ?? nextIncident();
    const outside = new Outside();
    options.prepare?.(outside);
    outsides.set(incident, outside);
    const input: IncidentInput = {
      incident,
      mode: 'live',
      engineVersion: ENGINE_VERSION,
      plan,
      planHash: digestOf(plan),
      inputs: {},
      requester: STAND_REQUESTER,
      roles: STAND_ROLES,
      ...options.input,
    };
    if (options.isAtDoor === true)
      await this.client.workflow.start('incident', workflowOptions({ ...input, isAnchored: true }));
    else await this.#begin(incident, input, options.skipsTime ?? false);
    return new StartedIncident(input, this.client, outside);
  }

  async #begin(incident: IncidentId, input: IncidentInput, skipsTime: boolean): Promise<void> {
    const payload = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(input)) };
    await this.client.workflowService.startWorkflowExecution({
      namespace: this.client.options.namespace,
      workflowId: incidentWorkflowId(incident),
      requestId: randomUUID(),
      workflowType: { name: 'incident' },
      taskQueue: { name: taskQueues.engine },
      input: { payloads: [payload] },
      ...(skipsTime ? { timeSkippingConfig: { enabled: true } } : {}),
    });
  }
}

let incidents = 0;

function nextIncident(): IncidentId {
  incidents += 1;
  return incidentId('INC', 2026, incidents);
}

/** A running incident, as the doors see it. */
export class StartedIncident {
  readonly id: IncidentId;
  readonly outside: Outside;
  readonly handle: WorkflowHandle;
  readonly #client: Client;
  readonly #input: IncidentInput;
  #messages = 0;

  constructor(input: IncidentInput, client: Client, outside: Outside) {
    const { incident: id } = input;
    this.id = id;
    this.#input = input;
    this.#client = client;
    this.outside = outside;
    this.handle = client.workflow.getHandle(incidentWorkflowId(id));
  }

  status(): Promise<IncidentStatus> {
    return this.handle.query<IncidentStatus>('status');
  }

  /** Polls until the status is as wanted. @returns that status. */
  async until(what: string, isSo: (status: IncidentStatus) => boolean): Promise<IncidentStatus> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const status = await this.status();
      if (isSo(status)) return status;
      if (Date.now() > deadline) throw new Error(`${what} did not come: ${JSON.stringify(brief(status))}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits for an open gate. */
  async gate(step: string, kind: GateStatus['kind'] = 'approval'): Promise<GateStatus> {
    const isIt = (gate: GateStatus): boolean => gate.step === step && gate.kind === kind && gate.state === 'open';
    const status = await this.until(`an open ${kind} gate of ${step}`, ({ gates }) => gates.some(isIt));
    return status.gates.find(isIt)!;
  }

  /** Waits for a step's state. */
  async step(id: string, ...states: readonly string[]): Promise<IncidentStatus['steps'][number]> {
    const status = await this.until(`${id} ${states.join(' or ')}`, ({ steps }) =>
      steps.some((entry) => entry.id === id && states.includes(entry.state)),
    );
    return status.steps.find((entry) => entry.id === id)!;
  }

  /** Sends an Update with an id of its own, unless the message has one; a decision as a door signs it, unless it has a proof. */
  async send(update: string, message: Record<string, unknown>): Promise<Receipt> {
    this.#messages += 1;
    const id = (message['id'] as string | undefined) ?? `${this.id}-${this.#messages}`;
    const decision = message as unknown as DecideMessage;
    const signed = update === 'decide' && !('proof' in message) ? { proof: proofOf(this.#input, decision) } : {};
    return this.handle.executeUpdate<Receipt, [unknown]>(update, {
      args: [{ ...message, ...signed, id }],
      updateId: `${id}-${randomUUID()}`,
    });
  }

  approve(gate: GateStatus, by: string, role: string, more: Record<string, unknown> = {}): Promise<Receipt> {
    return this.send('decide', { gate: gate.id, digest: gate.digest, answer: 'approve', by, role, ...more });
  }

  /** Code with which an Update is refused. */
  async refused(update: Promise<unknown>): Promise<string | undefined | null> {
    try {
      await update;
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
        return error.cause.type;
      throw error;
    }
    throw new Error('the update was taken');
  }

  async result(): Promise<IncidentResult> {
    return (await this.handle.result()) as IncidentResult;
  }

  /** Replays the histories of the incident and of its children with the code under test; throws where they differ. */
  async replay(): Promise<void> {
    const bundle = await workflowBundle();
    for (const { workflowId, history } of await this.histories())
      await Worker.runReplayHistory({ workflowBundle: bundle }, history, workflowId);
  }

  /** Histories of the incident and of its children, one a run. */
  async histories(): Promise<readonly { readonly workflowId: string; readonly history: History }[]> {
    const ids = await this.#workflowIds(incidentWorkflowId(this.id));
    return Promise.all(
      ids.map(async ({ workflowId, runId }) => ({
        workflowId,
        history: await this.#client.workflow.getHandle(workflowId, runId).fetchHistory(),
      })),
    );
  }

  async #workflowIds(prefix: string): Promise<readonly { workflowId: string; runId: string }[]> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found: { workflowId: string; runId: string }[] = [];
      for await (const { workflowId, runId } of this.#client.workflow.list()) {
        if (workflowId === prefix || workflowId.startsWith(`${prefix}/`)) found.push({ workflowId, runId });
      }
      if (found.length > 0) return found;
      if (Date.now() > deadline) throw new Error(`${prefix} is not listed`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function brief(status: IncidentStatus): unknown {
  return {
    state: status.state,
    stopped: status.stopped,
    steps: status.steps.map(({ id, state, waitsFor, error }) => ({ id, state, waitsFor, code: error?.code })),
    gates: status.gates.map(({ id, kind, state }) => ({ id, kind, state })),
    asks: status.asks.map(({ step }) => step),
    open: status.openItems,
  };
}
