import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportBundle } from '../../../ledger/bundle/export-bundle.ts';
import { verifyBundle } from '../../../cli/bundle-verify.ts';
import type { Act, Scene } from './acts.ts';
import type { GridStack } from './stack.ts';
import type { SeenAct } from './outside.ts';

/** What the judge is given of a cell, beside the outside and the bundle. */
export interface CellEnd {
  /** What the outside had seen before a hand that stood still went on. */
  readonly seenBefore: readonly SeenAct[];
  /** Whether the act's step stood behind a gate. */
  readonly isGated: boolean;
}

interface BundleLine extends Readonly<Record<string, unknown>> {
  readonly line: string;
}

const SECOND_MS = 1_000; // some of the outside writes its times in whole seconds

/** The one thing that a cell must be: everything the invariants forbid, each as a sentence. @returns none when all hold. */
export async function judge(stack: GridStack, act: Act, scene: Scene, end: CellEnd): Promise<readonly string[]> {
  const out = join(stack.folder, `${scene.incident}.fbb`);
  await exportBundle(stack.ledger, scene.incident, { signingKeyPem: stack.signingKeyPem, audience: 'auditor', out });
  const verdict = await verifyBundle(out);
  const lines = readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as BundleLine);
  const seen = await act.seen(scene);
  const planned = act.planned(scene);
  const unknown = countOf(lines, act.action, 'unknown');
  return [
    ...(verdict.ok ? [] : [`I6: the bundle does not verify: ${verdict.code} ${verdict.why}`]),
    ...lost(act, planned, seen, unknown),
    ...doubled(planned, seen),
    ...unrecorded(act, lines, seen, end),
    ...late(act, end.seenBefore, seen),
  ];
}

/** Effects of an action in a state, as the bundle counts them. */
function countOf(lines: readonly BundleLine[], action: string, state: string): number {
  const entry = lines.find((line) => line.line === 'effects' && line['action'] === action);
  return (entry?.['counts'] as Record<string, number> | undefined)?.[state] ?? 0;
}

/** I1: whatever was planned has happened, or is counted as unknown where nobody can say. */
function lost(
  { unknownMax = 0 }: Act,
  planned: readonly string[],
  seen: readonly SeenAct[],
  unknown: number,
): string[] {
  const subjects = new Set(seen.map(({ subject }) => subject));
  const missing = planned.filter((subject) => !subjects.has(subject));
  return [
    ...(missing.length > unknown
      ? [`I1: ${missing.length} lost, ${unknown} unknown: ${missing.slice(0, 3).join(', ')}`]
      : []),
    ...(unknown > unknownMax ? [`I3: ${unknown} unknown, at most ${unknownMax}`] : []),
  ];
}

/** I2 and I3: nothing happened twice, and nothing that nobody planned. */
function doubled(planned: readonly string[], seen: readonly SeenAct[]): string[] {
  const counts = new Map<string, number>();
  for (const { subject } of seen) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  return [...counts].flatMap(([subject, count]) => [
    ...(count > 1 ? [`I2/I3: ${subject} happened ${count} times`] : []),
    ...(planned.includes(subject) ? [] : [`I2: ${subject} was not planned`]),
  ]);
}

/** I4: the record of what would be done, and of the decision, was in the chain before anything happened. */
function unrecorded(
  { action }: Act,
  lines: readonly BundleLine[],
  seen: readonly SeenAct[],
  { isGated }: CellEnd,
): string[] {
  const records = lines.filter(({ line }) => line === 'record');
  const at = (pick: (line: BundleLine) => boolean): number => Date.parse(String(records.find(pick)?.['at']));
  const body = (line: BundleLine): Record<string, unknown> => line['body'] as Record<string, unknown>;
  const announcedAt = at(
    (line) =>
      (line['kind'] === 'page.opened' || line['kind'] === 'effect' || line['kind'] === 'step.started') &&
      JSON.stringify(body(line)).includes(action),
  );
  const decidedAt = at(({ kind }) => kind === 'decision');
  const firstAt = Math.min(...seen.map(({ at: seenAt }) => seenAt).filter((time) => !Number.isNaN(time))) + SECOND_MS;
  return [
    ...(Number.isNaN(announcedAt) ? [`I4: no record announces ${action}`] : []),
    ...(announcedAt > firstAt ? [`I4: ${action} happened before it was announced`] : []),
    ...(isGated && Number.isNaN(decidedAt) ? ['I4: no decision is in the record'] : []),
    ...(isGated && decidedAt > firstAt ? ['I4: it happened before the decision'] : []),
  ];
}

/**
 * I7: a hand that stood still while another took over has begun nothing since. A conversation of a blind act that was under way
 * when it was stopped may still come to its end, one a connection: its outcome is among the unknown, and nobody repeated it.
 */
function late({ unknownMax = 0 }: Act, before: readonly SeenAct[], after: readonly SeenAct[]): string[] {
  const more = after.length - before.length;
  return more <= unknownMax ? [] : [`I7: ${more} effects after it went on`];
}
