import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { approve, begin, bounded, brief, patiently, resume } from './cell-incident.ts';
import { firstHit, type Hand } from './hands.ts';
import { HAND_QUEUE, type Cut } from './hand-protocol.ts';
import { judge } from './judge.ts';
import { childWorkflowId, incidentWorkflowId, type IncidentId } from '../../../contracts/ids.ts';
import type { Act, Scene } from './acts.ts';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { CutPoint } from '../../../activities/effects/cut-point.ts';
import type { GridStack } from './stack.ts';
import type { Slot } from './slots.ts';

/** One cell of the grid. */
export interface Cell {
  readonly act: Act;
  readonly point: CutPoint;
  readonly signal: Cut['signal'];
}

/** What a cell came to. */
export interface CellVerdict {
  /** What the invariants forbid; none when all hold. */
  readonly broken: readonly string[];
  /** From the death or the stop to the end of the incident, in milliseconds. */
  readonly recoveryMs: number;
}

// A loaded machine takes its time: what is measured is what happened, never how long it took.
const HIT_WITHIN_MS = 180_000;
const END_WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 100;

let cells = 0;

/** Runs one cell on a slot of its own. */
export async function runCell(stack: GridStack, slot: Slot, { act, point, signal }: Cell): Promise<CellVerdict> {
  cells += 1;
  const tag = `c${cells}`;
  const prepared = (await act.prepare?.({ tag, outside: stack.outside })) ?? '';
  const isGated = act.targets !== undefined || act.action === 'http.request';
  const { incident, handle } = await patiently(() =>
    begin(stack, slot.client, act, { tag, prepared, isGated, queue: HAND_QUEUE }),
  );
  const token = join(stack.folder, `${tag}.armed`);
  writeFileSync(token, '');
  const cut: Cut = { action: act.action, point, pass: passOf(act, point), signal, sent: act.sent, token };
  const hands = await slot.hands();
  try {
    return await disturb({ stack, act, cut, hands, handle, scene: { tag, outside: stack.outside, incident }, isGated });
  } catch (cause) {
    const ends = hands.map((hand) => [hand.ends, hand.said]);
    throw new Error(`${String(cause)}: ${JSON.stringify([ends, await brief(handle)])}`, { cause });
  } finally {
    rmSync(token, { force: true });
    await leave(slot.client, incident); // what a failed cell left running would keep the hands from the next one
  }
}

interface Stage {
  readonly stack: GridStack;
  readonly act: Act;
  readonly cut: Cut;
  readonly hands: readonly Hand[];
  readonly handle: WorkflowHandle;
  readonly scene: Scene;
  readonly isGated: boolean;
}

async function disturb({ stack, act, cut, hands, handle, scene, isGated }: Stage): Promise<CellVerdict> {
  const endsBefore = hands.map(({ ends }) => ends.length);
  for (const hand of hands) hand.arm(cut);
  const ended = bounded(handle.result(), END_WITHIN_MS);
  ended.catch(() => undefined); // awaited below
  if (isGated) await approve(handle);
  else await resume(handle);
  const hit = await firstHit(hands, cut, HIT_WITHIN_MS);
  rmSync(cut.token);
  const hitAt = performance.now();
  await ended;
  const recoveryMs = performance.now() - hitAt;
  const seenBefore = await act.seen(scene);
  if (cut.signal === 'SIGSTOP') await letGoOn(hit, act, endsBefore[hands.indexOf(hit)]!);
  return { broken: await patiently(() => judge(stack, act, scene, { seenBefore, isGated })), recoveryMs };
}

/** Ends what may still run of an incident. */
async function leave(client: Client, incident: IncidentId): Promise<void> {
  for (const id of [incidentWorkflowId(incident), childWorkflowId(incident, 'act', 1)])
    await client.workflow
      .getHandle(id)
      .terminate()
      .catch(() => undefined); // it has ended, or there is none
}

/** Effects of a rotation pass a point one after the other; a page is reported once. */
function passOf({ pass = 1, action }: Act, point: CutPoint): number {
  if (point === 'settled-not-reported') return 1;
  return point === 'request-sent' && action === 'credentials.rotate' ? 1 : pass;
}

/** The old attempt goes on until its end, whatever that is. */
async function letGoOn(hit: Hand, { action }: Act, endsBefore: number): Promise<void> {
  hit.continue();
  const deadline = Date.now() + END_WITHIN_MS;
  while (!hit.ends.slice(endsBefore).some((end) => end.action === action)) {
    if (Date.now() > deadline) throw new Error('the attempt that went on does not end');
    await sleep(LOOK_EVERY_MS);
  }
}
