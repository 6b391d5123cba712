import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DemoStack } from '../../../demo/demo-stack.ts';
import { watchRun } from '../../../demo/run.ts';
import { pullTrigger } from '../../../demo/trigger.ts';
import type { SlackMood } from '../../../demo/world/slack/local-slack.ts';
import type { IncidentStatus } from '../../../contracts/messages.ts';
import { outsideEffects, type OutsideEffects } from '../../e2e/outside-effects.ts';
import { isLong } from './stage.ts';
import { temporalBinary } from '../../support/temporal.ts';

const SCRATCH = resolve(import.meta.dirname, '../../../.firebreak');
const SIZE = { tokens: 40, people: 25, seed: 5 };
const RUN_WITHIN_MS = 240_000;
const SLOWER_MS = 15_000; // two busy cores; the calls of one step that hang take twice as long
const COUNSEL = 'omar';
/** What is Slack's own, and what ends with it: the room, and the close that waits for every step. */
const OF_SLACK = new Set(['room', 'close']);

/** How Slack is dead, and what the room's open item says of it. One that hangs is the worst; the others by hand. */
const MOODS: readonly (readonly [SlackMood, RegExp])[] = [
  ['hangs', /CONNECTOR_|CHAT_|EFFECT_/],
  ...(isLong
    ? ([
        ['refused', /CONNECTOR_|CHAT_/],
        ['limited', /CONNECTOR_|CHAT_/],
      ] as const)
    : []),
];

interface Ended {
  readonly status: IncidentStatus;
  readonly effects: OutsideEffects;
  /** Calls that Slack answered. */
  readonly answered: number;
}

/** The flagship from trigger to close with the Slack door open and Slack in some mood from the first second. */
async function runWith(mood: SlackMood): Promise<Ended> {
  mkdirSync(SCRATCH, { recursive: true });
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const demo = new DemoStack(say, {
    folder: mkdtempSync(join(SCRATCH, 'slack-dead-')),
    environment: { ...process.env, FIREBREAK_PORT: '0', FIREBREAK_TEMPORAL_CLI: await temporalBinary() },
  });
  try {
    await demo.up(SIZE, 'slack');
    await demo.observed(`/slack/mood?is=${mood}`);
    const { incident } = await pullTrigger(demo, 'api', say);
    const reader = demo.as(COUNSEL);
    const status = await watchRun({
      ...{ incident, reader, as: (person) => demo.as(person), answers: true, killAt: undefined },
      workerPid: () => demo.stack.workerPid(),
      mailCount: () => Promise.resolve(0),
      ...{ withinMs: RUN_WITHIN_MS, say },
    });
    assert.equal(status.state, 'closed', `it is ${status.state}: ${said.slice(-10).join('; ')}`);
    const record = join(demo.folder, 'record');
    await demo.observed('/observed'); // what comes back has come back
    await demo.observed(`/record?folder=${encodeURIComponent(record)}`);
    const { calls } = await demo.observed<{ calls: readonly unknown[] }>('/slack/calls?after=0');
    return { status, effects: outsideEffects(record), answered: calls.length };
  } finally {
    await demo.down();
    rmSync(demo.folder, { recursive: true, force: true });
  }
}

/** How long after the opening each step had ended, milliseconds; those of Slack left out. */
function endings({ openedAt, steps }: IncidentStatus): ReadonlyMap<string, number> {
  const ended = steps.filter(({ id, endedAt }) => endedAt !== undefined && !OF_SLACK.has(id));
  return new Map(ended.map(({ id, endedAt }) => [id, Date.parse(endedAt!) - Date.parse(openedAt)]));
}

describe('the flagship while Slack is dead from the first second', function () {
  this.timeout(RUN_WITHIN_MS + 60_000);
  let alive: Ended;

  before(async () => {
    alive = await runWith('alive');
    assert.ok(alive.answered > 5, 'a Slack that is alive is used');
  });

  for (const [mood, says] of MOODS)
    it(`closes with the same effects, target for target, and no step waits: every call ${mood}`, async () => {
      const dead = await runWith(mood);
      assert.equal(dead.answered, 0);
      assert.deepEqual(dead.effects, alive.effects);
      const room = dead.status.steps.find(({ id }) => id === 'room');
      assert.equal(room?.state, 'partial');
      const lacks = dead.status.openItems.filter(({ step }) => step === 'room').map(({ text }) => text);
      assert.match(lacks.join(), says);
      const [before, now] = [endings(alive.status), endings(dead.status)];
      assert.deepEqual([...now.keys()].sort(), [...before.keys()].sort());
      const slower = [...now].filter(([id, ms]) => ms > before.get(id)! + SLOWER_MS);
      assert.deepEqual(slower, []);
    });
});
