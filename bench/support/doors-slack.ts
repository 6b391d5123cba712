import { setTimeout as sleep } from 'node:timers/promises';
import { chosen, Deliveries, typed, type Delivered } from '../../demo/world/slack/deliveries.ts';
import type { LocalSlack } from '../../demo/world/slack/local-slack.ts';
import { SIGNING_SECRET } from '../../test/integration/slack/signing-secret.ts';

const EVERY_MS = 200;

/** How Slack's deliveries were acknowledged. */
export interface Acknowledged {
  /** Milliseconds, each a delivery. */
  readonly ms: readonly number[];
  /** What was answered with anything but 200, or with a refusal. */
  readonly refused: readonly string[];
}

/**
 * Lets people in Slack work while something else runs: five deliveries a second, looks (`/firebreak status`) and acts (a fact,
 * acknowledged when the engine has it) in turn, each sent when its time has come.
 */
export async function workInSlack(
  slack: LocalSlack,
  url: string,
  incident: string,
  isOver: () => boolean,
): Promise<Acknowledged> {
  const from = new Deliveries(slack, { url, signingSecret: SIGNING_SECRET });
  const view = { callback_id: 'fb_fact', private_metadata: JSON.stringify({ i: incident }) };
  const ms: number[] = [];
  const refused: string[] = [];
  const deliver = (n: number): Promise<Delivered> =>
    n % 2 === 0
      ? from.command('olive', `status ${incident}`, { trigger_id: `bench-${n}` })
      : from.submit(
          'priya',
          { ...view, id: `V0BENCH${n}` },
          { fact: chosen('affectedPeople', 'fb_pick_fact'), 'in:affectedPeople': typed(String(n)) },
        );
  const startedAt = performance.now();
  const running: Promise<void>[] = [];
  for (let n = 0; !isOver(); n += 1) {
    const dueAt = startedAt + n * EVERY_MS;
    await sleep(Math.max(0, dueAt - performance.now()));
    running.push(
      deliver(n).then(({ status, json }) => {
        ms.push(performance.now() - dueAt);
        const said = JSON.stringify(json);
        const [code] = /\[[A-Z_]+\]/.exec(said) ?? [];
        if (status !== 200 || code !== undefined) refused.push(`${status} ${code ?? ''}`.trim());
      }),
    );
  }
  await Promise.all(running);
  return { ms, refused };
}
