import { setTimeout as pause } from 'node:timers/promises';
import { demoAnswer, personFor } from '../../demo/people.ts';
import { ApiRefusal, type Api } from '../../demo/api.ts';
import { seededRandom, type SeededRandom } from '../../demo/world/random.ts';
import type { AskStatus, GateStatus, IncidentStatus } from '../../contracts/messages.ts';
import type { ChaosRun } from './draw-run.ts';

const VISITS_MAX = 3; // of a step whose retry people keep asking for

/** People of a run: they answer everything that they are asked, late, and not always with yes. */
export class ChaosPeople {
  readonly #run: ChaosRun;
  readonly #as: (person: string) => Api;
  readonly #random: SeededRandom;
  readonly #answered = new Set<string>();

  constructor(run: ChaosRun, as: (person: string) => Api) {
    this.#run = run;
    this.#as = as;
    this.#random = seededRandom(run.seed ^ 0xa5a5);
  }

  /** Answers what is open and has not been answered. */
  async answer(incident: string, status: IncidentStatus): Promise<void> {
    for (const gate of status.gates.filter(({ state }) => state === 'open')) await this.#decide(incident, gate, status);
    for (const ask of status.asks) await this.#resolve(incident, ask, status);
  }

  async #decide(incident: string, gate: GateStatus, status: IncidentStatus): Promise<void> {
    const visit = status.steps.find(({ id }) => id === gate.step)?.visit ?? 1;
    const isRejected =
      gate.kind === 'failure' ? visit >= VISITS_MAX : this.#random.next() < this.#run.rejects && visit < 2;
    const answer = isRejected ? 'reject' : 'approve';
    const open = gate.roles.filter((role) => !gate.answers.some((given) => given.role === role));
    for (const role of gate.rule === 'all' && !isRejected ? open : open.slice(0, 1)) {
      const key = `${gate.id}/${gate.digest}/${role}`;
      await this.#once(key, () =>
        this.#as(personFor(role)).post(`/incidents/${incident}/decisions`, {
          ...{ gate: gate.id, digest: gate.digest, answer, role },
        }),
      );
    }
  }

  async #resolve(incident: string, ask: AskStatus, status: IncidentStatus): Promise<void> {
    const uses = status.steps.find(({ id }) => id === ask.step)?.uses ?? 'manual';
    await this.#once(`${ask.step}@${ask.openedAt}`, () =>
      this.#as(personFor(ask.of)).post(`/incidents/${incident}/steps/${encodeURIComponent(ask.step)}/resolution`, {
        ...{ answer: 'done', role: ask.of },
        values: demoAnswer(ask, uses, new Date().toISOString(), status.openedAt),
      }),
    );
  }

  /** Says something once; what the door could not take while something was down is said again. */
  async #once(key: string, say: () => Promise<unknown>): Promise<void> {
    if (this.#answered.has(key)) return;
    await pause(this.#random.next() * this.#run.answersWithinMs);
    try {
      await say();
      this.#answered.add(key);
    } catch (error) {
      if (error instanceof ApiRefusal && /^(GATE|ASK|STEP)_/.test(error.code)) this.#answered.add(key);
    }
  }
}
