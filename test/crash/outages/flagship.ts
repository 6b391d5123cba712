import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { anchorFile } from '../../../demo/configuration.ts';
import { ApiRefusal } from '../../../demo/api.ts';
import { collect } from '../../../demo/collect.ts';
import { DemoPeople } from '../../../demo/answers.ts';
import { DemoStack } from '../../../demo/demo-stack.ts';
import { DEMO_REQUESTER, DEMO_ROLES } from '../../../demo/people.ts';
import { incidentWorkflowId, type IncidentId } from '../../../contracts/ids.ts';
import { killProcess } from '../../faults/processes.ts';
import { temporalBinary } from '../../support/temporal.ts';
import type { DemoOutcome } from '../../../demo/outcome.ts';
import type { IncidentStatus } from '../../../contracts/messages.ts';
import type { Observed } from '../../../demo/world/observe.ts';
import type { RunEntry } from '../../../worker/dev-stack/run-file.ts';
import type { StorySize } from '../../../demo/world/story.ts';

const SCRATCH = resolve(import.meta.dirname, '../../../.firebreak');
const COUNSEL = 'omar'; // sees every document
const ANSWER_EVERY_MS = 200;
const LOOK_EVERY_MS = 2; // an event is a few milliseconds
const COMES_WITHIN_MS = 240_000;
/** What people are told while the server is away: they come back. */
const COME_BACK = new Set(['GATEWAY_ENGINE_AWAY', 'GATEWAY_NOT_RUNNING']);

/** One death of the server. */
export interface Death {
  /** Event of the incident's workflow that was drawn. */
  readonly drawn: number;
  /** Last event in the history when the server was killed: at or behind the one that was drawn. */
  readonly at: number;
  /** From the server's first answer to the first workflow task that was done. */
  readonly resumedAfterMs: number;
}

interface Kill extends Omit<Death, 'resumedAfterMs'> {
  /** When the server answered again, epoch milliseconds. */
  readonly backAt: number;
}

/** How a run of the flagship ended. */
export interface FlagshipEnd {
  readonly outcome: DemoOutcome;
  readonly deaths: readonly Death[];
  /** Events of the incident's workflow, as it ended. */
  readonly events: number;
  /** How often the supervisor started the server again. */
  readonly restarts: number;
}

/** The flagship playbook from trigger to close on the demo's stack, its people answering; the Temporal server can be killed in it. */
export class Flagship {
  readonly #demo: DemoStack;
  readonly #connection: Connection;
  readonly #client: Client;
  readonly #said: readonly string[];
  #incident: IncidentId | undefined;

  private constructor(demo: DemoStack, connection: Connection, said: readonly string[]) {
    this.#demo = demo;
    this.#connection = connection;
    this.#client = new Client({ connection });
    this.#said = said;
  }

  /** Brings up a world of its own and a stack that keeps everything on disk, and starts the incident. */
  static async start(size: StorySize): Promise<Flagship> {
    const said: string[] = [];
    mkdirSync(SCRATCH, { recursive: true });
    const demo = new DemoStack((line) => said.push(line), {
      folder: mkdtempSync(join(SCRATCH, 'flagship-')),
      environment: { ...process.env, FIREBREAK_PORT: '0', FIREBREAK_TEMPORAL_CLI: await temporalBinary() },
    });
    try {
      await demo.up(size);
      const connection = await Connection.connect({ address: demo.stack.urls.temporal });
      const flagship = new Flagship(demo, connection, said);
      const detected = { at: new Date(Date.now() - 3_600_000).toISOString() };
      const { incident } = await demo.as(DEMO_REQUESTER).post<{ incident: IncidentId }>('/incidents', {
        ...{ playbook: 'exposed-secrets', inputs: { store: 'spaces', detected }, roles: DEMO_ROLES },
      });
      flagship.#incident = incident;
      return flagship;
    } catch (error) {
      await demo.down();
      throw new Error(`the flagship did not start: ${said.slice(-10).join('; ')}`, { cause: error });
    }
  }

  /** Runs it to its close; kills the server as soon as the history has come to each of the drawn events. */
  async run(draws: readonly number[]): Promise<FlagshipEnd> {
    const [kills, status] = await Promise.all([this.#killAt(draws), this.#answerUntilClosed()]);
    const done = await this.#tasksDone();
    const resumed = ({ backAt, ...kill }: Kill): Death => {
      const firstAt = Math.min(...done.filter((task) => task.event > kill.at && task.at >= backAt).map(({ at }) => at));
      return { ...kill, resumedAfterMs: firstAt - backAt };
    };
    return {
      ...{ outcome: await this.#collect(status), deaths: kills.map(resumed) },
      events: Math.max(...done.map(({ event }) => event)),
      restarts: this.#said.filter((line) => line.startsWith('temporal ended unasked')).length,
    };
  }

  async close(): Promise<void> {
    await this.#connection.close();
    await this.#demo.down();
    rmSync(this.#demo.folder, { recursive: true, force: true });
  }

  async #killAt(draws: readonly number[]): Promise<readonly Kill[]> {
    const kills: Kill[] = [];
    for (const drawn of draws) {
      const at = await this.#historyBehind(drawn - 1);
      await killProcess(this.#temporalPid());
      await this.#untilAnswers();
      kills.push({ drawn, at, backAt: Date.now() });
      await this.#historyBehind(at);
    }
    return kills;
  }

  /** Workflow tasks of the incident that were done, with the time that the server wrote down. */
  async #tasksDone(): Promise<readonly { readonly event: number; readonly at: number }[]> {
    const { events } = await this.#client.workflow.getHandle(incidentWorkflowId(this.#incident!)).fetchHistory();
    return (events ?? [])
      .filter(({ eventType }) => eventType === proto.temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
      .map(({ eventId, eventTime }) => ({ event: Number(eventId), at: tsToMs(eventTime) }));
  }

  /** Waits until the history is longer. @returns how long it is. */
  async #historyBehind(event: number): Promise<number> {
    const deadline = Date.now() + COMES_WITHIN_MS;
    for (;;) {
      const { workflowExecutionInfo } = await this.#describe();
      const length = Number(workflowExecutionInfo?.historyLength ?? 0);
      if (length > event) return length;
      if (Date.now() > deadline) throw new Error(`event ${event + 1} does not come: ${length} events`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  #describe() {
    const execution = { workflowId: incidentWorkflowId(this.#incident!) };
    return this.#client.workflowService.describeWorkflowExecution({ namespace: 'default', execution });
  }

  async #untilAnswers(): Promise<void> {
    const deadline = Date.now() + COMES_WITHIN_MS;
    for (;;) {
      try {
        await this.#describe();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(LOOK_EVERY_MS);
      }
    }
  }

  /** Process of the server as the stack has it now; the supervisor starts another one where this one ends. */
  #temporalPid(): number {
    const entries = JSON.parse(readFileSync(join(this.#demo.folder, 'run.json'), 'utf8')) as readonly RunEntry[];
    return entries.find(({ name }) => name === 'temporal')!.pid;
  }

  /** The people answer what is open; told to come back, they do, and answer anew. */
  async #answerUntilClosed(): Promise<IncidentStatus> {
    const reader = this.#demo.as(COUNSEL);
    const anew = (): DemoPeople =>
      new DemoPeople(
        this.#incident!,
        (person) => this.#demo.as(person),
        () => undefined,
      );
    let people = anew();
    const deadline = Date.now() + 4 * COMES_WITHIN_MS;
    while (Date.now() < deadline) {
      try {
        const status = await reader.status(this.#incident!);
        if (status.state === 'closed' && (await this.#hasEnded())) return status;
        await people.answer(status);
      } catch (error) {
        if (!(error instanceof ApiRefusal && COME_BACK.has(error.code))) throw error;
        people = anew();
      }
      await sleep(ANSWER_EVERY_MS);
    }
    throw new Error(`it does not close: ${JSON.stringify(await reader.status(this.#incident!))}`);
  }

  async #hasEnded(): Promise<boolean> {
    const { workflowExecutionInfo } = await this.#describe();
    return workflowExecutionInfo?.closeTime != null;
  }

  async #collect(status: IncidentStatus): Promise<DemoOutcome> {
    const demo = this.#demo;
    return collect({
      trigger: { door: 'api', by: DEMO_REQUESTER, ackMs: 0 },
      ...{ status, reader: demo.as(COUNSEL), exporter: demo.as(COUNSEL) },
      observed: await demo.observed<Observed>('/observed'),
      drafts: join(demo.folder, 'drafts'),
      anchors: anchorFile(demo),
      timings: { stackMs: 0, triggerToFirstRevokeMs: 0, totalMs: 0 },
      crashes: demo.stack.crashes(),
    });
  }
}
