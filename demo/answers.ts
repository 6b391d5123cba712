import type { AskStatus, GateStatus, IncidentStatus } from '../contracts/messages.ts';
import { ApiRefusal, type Api } from './api.ts';
import { demoAnswer, demoFact, personFor } from './people.ts';

/** Codes that mean: somebody or something was quicker; look again. */
const OVERTAKEN = new Set(['GATE_STALE', 'GATE_CLOSED', 'GATE_ALREADY_ANSWERED', 'ASK_CLOSED', 'STEP_NOT_WAITING']);

/** Approves at a gate as a person, in a role. */
export type Approve = (person: string, gate: GateStatus, role: string) => Promise<unknown>;

/** Approves over the HTTP API, with the person's own key. */
export function approveByApi(incident: string, as: (person: string) => Api): Approve {
  return (person, { id, digest }, role) =>
    as(person).post(`/incidents/${incident}/decisions`, { gate: id, digest, answer: 'approve', role });
}

/** The demo's people: they answer gates and asks, over the HTTP API each with an own key where nothing else is said. */
export class DemoPeople {
  readonly #as: (person: string) => Api;
  readonly #incident: string;
  readonly #approveAs: Approve;
  readonly #say: (line: string) => void;
  readonly #answered = new Set<string>();

  /**
   * @param as - the API as a person.
   * @param say - where the demo tells what its people do.
   * @param approve - how they approve.
   */
  constructor(
    incident: string,
    as: (person: string) => Api,
    say: (line: string) => void,
    approve: Approve = approveByApi(incident, as),
  ) {
    this.#approveAs = approve;
    this.#incident = incident;
    this.#as = as;
    this.#say = say;
  }

  /** Answers everything that is open in a status. */
  async answer(status: IncidentStatus): Promise<void> {
    for (const gate of status.gates.filter(({ state }) => state === 'open')) await this.#approve(gate, status);
    for (const ask of status.asks) await this.#resolve(ask, status);
  }

  async #approve(gate: GateStatus, status: IncidentStatus): Promise<void> {
    const open =
      gate.rule === 'all'
        ? gate.roles.filter((role) => !gate.answers.some((answer) => answer.role === role))
        : gate.roles.slice(0, 1);
    if (!this.#once(`${gate.id}/${gate.digest}`)) return;
    this.#say(`gate ${gate.id}: ${gate.question}`);
    for (const variant of gate.shows.variants) this.#say(`    ${variant.count} x ${variant.name}`);
    this.#say(`    ${gate.shows.targets} targets, digest ${gate.digest.slice(0, 16)}`);
    for (const role of open) {
      const person = personFor(role);
      if (gate.kind === 'failure') {
        const failed = status.steps.find(({ id }) => id === gate.step);
        this.#say(`    failed: ${failed?.error?.message ?? 'without a reason'}`);
      }
      await this.#try(() => this.#approveAs(person, gate, role));
      this.#say(`    ${person} (${role}) approves`);
    }
  }

  async #resolve(ask: AskStatus, status: IncidentStatus): Promise<void> {
    if (!this.#once(`${ask.step}@${ask.openedAt}`)) return;
    const uses = status.steps.find(({ id }) => id === ask.step)?.uses ?? 'manual';
    const api = this.#as(personFor(ask.of));
    this.#say(`ask ${ask.step}: ${personFor(ask.of)} (${ask.of}) answers`);
    if (uses === 'wait.for') {
      for (const key of ask.wants) {
        const value = demoFact(key, status.openedAt);
        if (value === undefined) continue;
        await this.#try(() => api.post(`/incidents/${this.#incident}/facts`, { key, value, confidence: 'decided' }));
      }
      return;
    }
    const values = demoAnswer(ask, uses, new Date().toISOString(), status.openedAt);
    await this.#try(() =>
      api.post(`/incidents/${this.#incident}/steps/${encodeURIComponent(ask.step)}/resolution`, {
        answer: 'done',
        role: ask.of,
        values,
      }),
    );
  }

  #once(key: string): boolean {
    if (this.#answered.has(key)) return false;
    this.#answered.add(key);
    return true;
  }

  async #try(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiRefusal && OVERTAKEN.has(error.code))) throw error;
    }
  }
}
