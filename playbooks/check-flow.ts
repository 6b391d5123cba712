import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { needsOf, type LoadedPlaybook } from './model.ts';

const STEP_ID = /^[a-z0-9-]{1,40}$/;

/** Checks ids and `needs`: every step has a neutral id of its own, waits only for steps that exist, and can start. */
export function checkFlow({ playbook, source }: LoadedPlaybook): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const ids = new Map<string, number>();
  playbook.steps.forEach((step, index) => {
    const place = source.placeOf(['steps', index, 'id']);
    if (!STEP_ID.test(step.id) || /^\d+$/.test(step.id))
      found.push(diagnostic('PLAYBOOK_STEP_ID_INVALID', place, `\`${step.id.slice(0, 60)}\``));
    if (ids.has(step.id))
      found.push(
        diagnostic(
          'PLAYBOOK_STEP_DUPLICATE',
          place,
          `\`${step.id}\` stands at line ${source.placeOf(['steps', ids.get(step.id)!, 'id']).line} too`,
        ),
      );
    else ids.set(step.id, index);
  });
  const without = playbook.steps.findIndex(({ needs }) => needs === undefined);
  if (without >= 0 && playbook.steps.some(({ needs }) => needs !== undefined)) {
    found.push(
      diagnostic(
        'PLAYBOOK_NEEDS_MIXED',
        source.placeOf(['steps', without]),
        `step \`${playbook.steps[without]!.id}\` has no \`needs\``,
      ),
    );
  }
  playbook.steps.forEach((step, index) => {
    needsOf(playbook, index).forEach((need, position) => {
      if (!ids.has(need.step)) {
        found.push(
          diagnostic(
            'PLAYBOOK_NEEDS_UNKNOWN',
            source.placeOf(['steps', index, 'needs', position]),
            `\`${step.id}\` needs \`${need.step}\`${nearest(need.step, [...ids.keys()])}`,
          ),
        );
      }
    });
  });
  const circle = findCircle(
    playbook.steps.map((step, index) => [step.id, needsOf(playbook, index).map(({ step: id }) => id)]),
  );
  if (circle)
    found.push(
      diagnostic(
        'PLAYBOOK_NEEDS_CYCLE',
        source.placeOf(['steps', ids.get(circle[0]!)!, 'needs']),
        [...circle, circle[0]!].join(' needs '),
      ),
    );
  return found;
}

/** A circle of ids, or nothing. */
function findCircle(edges: readonly (readonly [string, readonly string[]])[]): readonly string[] | undefined {
  const needs = new Map(edges);
  const done = new Set<string>();
  for (const [start] of edges) {
    const path: string[] = [];
    const stack: { id: string; next: number }[] = [{ id: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (top.next === 0) path.push(top.id);
      const needed = needs.get(top.id)?.[top.next];
      top.next += 1;
      if (needed === undefined || done.has(top.id)) {
        done.add(top.id);
        stack.pop();
        path.pop();
      } else if (path.includes(needed)) return path.slice(path.indexOf(needed));
      else if (!done.has(needed)) stack.push({ id: needed, next: 0 });
    }
  }
  return undefined;
}

/** Steps that a step waits for, directly or through others. */
export function ancestors({ playbook }: LoadedPlaybook, index: number): ReadonlySet<string> {
  const byId = new Map(playbook.steps.map((step, at) => [step.id, at]));
  const seen = new Set<string>();
  const open = needsOf(playbook, index).map(({ step }) => step);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const at = byId.get(id);
    if (seen.has(id) || at === undefined) continue;
    seen.add(id);
    open.push(...needsOf(playbook, at).map(({ step }) => step));
  }
  return seen;
}

/** `; did you mean ...?` for the nearest known name, or nothing. */
export function nearest(name: string, known: readonly string[]): string {
  const scored = known.map((one) => [distance(name, one), one] as const).sort(([left], [right]) => left - right);
  const [best] = scored;
  return best && best[0] <= Math.max(2, Math.floor(name.length / 3)) ? `; did you mean \`${best[1]}\`?` : '';
}

/** Levenshtein distance. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[right.length]!;
}
