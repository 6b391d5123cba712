import type { Approve } from './answers.ts';
import type { Trigger } from './arguments.ts';
import type { DemoStack } from './demo-stack.ts';
import { DEMO_DETECTOR, postAlert } from './detector.ts';
import type { Triggered } from './outcome.ts';
import { DEMO_REQUESTER, DEMO_ROLES } from './people.ts';
import { SlackPeople } from './slack-people.ts';
import { WORLD_KEYS } from './world.ts';

const STORE = 'spaces';
const PLAYBOOK = 'exposed-secrets';
const DETECTED_BEFORE_MS = 3_600_000;

/** An incident that was started, and how its gates are approved where not over the HTTP API. */
export interface Pulled extends Triggered {
  readonly incident: string;
  readonly approve?: Approve;
}

/** Starts the flagship playbook through a door: the same store, detected at the same hour, the same people bound. */
export async function pullTrigger(demo: DemoStack, door: Trigger, say: (line: string) => void): Promise<Pulled> {
  const detectedAt = new Date(Date.now() - DETECTED_BEFORE_MS).toISOString();
  const startedAt = performance.now();
  const sinceMs = (): number => Math.round(performance.now() - startedAt);
  switch (door) {
    case 'api': {
      const asked = { playbook: PLAYBOOK, inputs: { store: STORE, detected: { at: detectedAt } }, roles: DEMO_ROLES };
      const { incident } = await demo.as(DEMO_REQUESTER).post<{ incident: string }>('/incidents', asked);
      return { incident, door, by: DEMO_REQUESTER, ackMs: sinceMs() };
    }
    case 'detector': {
      const key = demo.world.keys[WORLD_KEYS.detector] ?? '';
      const { results } = await postAlert(demo.stack.urls.gateway, key, { store: STORE, detectedAt });
      const ackMs = sinceMs();
      const [result] = results;
      if (result?.incident === undefined) throw new Error(`the alert came to nothing: ${JSON.stringify(results)}`);
      return { incident: result.incident, door, by: DEMO_DETECTOR.name, ackMs };
    }
    case 'slack': {
      const { control, slackUsers } = demo.world.places;
      const people = new SlackPeople(control, slackUsers, say);
      const asked = { playbook: PLAYBOOK, store: STORE, detectedAt, roles: DEMO_ROLES };
      const { incident, ackMs } = await people.declare(DEMO_REQUESTER, asked);
      return {
        incident,
        door,
        by: DEMO_REQUESTER,
        ackMs,
        approve: (person, gate) => people.approve(person, incident, gate),
      };
    }
  }
}
