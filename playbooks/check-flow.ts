import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { needsOf, type LoadedPlaybook } from './model.ts';
import { nearest } from './nearest.ts';

const STEP_ID = /^[a-z0-9-]{1,40}$/;

/** Checks ids and `needs`: every step has a neutral id of its own, waits only for steps that exist, and can start. */
export function checkFlow(loaded: LoadedPlaybook): readonly Diagnostic[] {
  const ids = new Map<string, number>();
  loaded.playbook.steps.forEach(({ id }, index) => {
    if (!ids.has(id)) ids.set(id, index);
  });
  return [
    ...checkIds(loaded, ids),
    ...checkMixed(loaded),
    ...checkNeeds(loaded, ids),
    ...checkCircle(loaded, ids),
    ...checkEnd(loaded),
  ];
}

/** @source facts in docs/architecture.md: ids stand in plain in Temporal, so they are neutral; digits alone would read as a round. */
function checkIds({ playbook, source }: LoadedPlaybook, ids: ReadonlyMap<string, number>): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  playbook.steps.forEach(({ id }, index) => {
    const place = source.placeOf(['steps', index, 'id']);
    const first = ids.get(id)!;
    if (!STEP_ID.test(id) || /^\d+$/.test(id))
      found.push(diagnostic('PLAYBOOK_STEP_ID_INVALID', place, `\`${id.slice(0, 60)}\` is no neutral id`));
    if (first !== index) {
      const { line } = source.placeOf(['steps', first, 'id']);
      found.push(diagnostic('PLAYBOOK_STEP_DUPLICATE', place, `\`${id}\` stands at line ${line} too`));
    }
  });
  return found;
}

function checkMixed({ playbook: { steps }, source }: LoadedPlaybook): readonly Diagnostic[] {
  const without = steps.findIndex(({ needs }) => needs === undefined);
  if (without < 0 || steps.every(({ needs }) => needs === undefined)) return [];
  const message = `step \`${steps[without]!.id}\` has no \`needs\`, others have`;
  return [diagnostic('PLAYBOOK_NEEDS_MIXED', source.placeOf(['steps', without]), message)];
}

function checkNeeds({ playbook, source }: LoadedPlaybook, ids: ReadonlyMap<string, number>): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  playbook.steps.forEach((step, index) => {
    needsOf(playbook, index).forEach((need, position) => {
      if (ids.has(need.step)) return;
      const place = source.placeOf(['steps', index, 'needs', position]);
      const hint = nearest(need.step, ids.keys());
      found.push(
        diagnostic(
          'PLAYBOOK_NEEDS_UNKNOWN',
          place,
          `\`${step.id}\` needs \`${need.step.slice(0, 60)}\`, which is no step${hint}`,
        ),
      );
    });
  });
  return found;
}

function checkCircle({ playbook, source }: LoadedPlaybook, ids: ReadonlyMap<string, number>): readonly Diagnostic[] {
  const edges = playbook.steps.map(
    (step, index) => [step.id, needsOf(playbook, index).map(({ step: id }) => id)] as const,
  );
  const circle = ids.size === edges.length ? findCircle(edges) : undefined; // with two of one id it would be an echo
  if (!circle) return [];
  const place = source.placeOf(['steps', ids.get(circle[0]!)!, 'needs']);
  return [diagnostic('PLAYBOOK_NEEDS_CYCLE', place, [...circle, circle[0]!].map((id) => `\`${id}\``).join(' needs '))];
}

/** After the close nothing starts any more. */
function checkEnd(loaded: LoadedPlaybook): readonly Diagnostic[] {
  const { playbook, source } = loaded;
  const closes = new Set(playbook.steps.filter(({ uses }) => uses === 'incident.close').map(({ id }) => id));
  return playbook.steps.flatMap((step, index) => {
    const close = needsOf(playbook, index).find(({ step: id }) => closes.has(id));
    if (!close) return [];
    const message = `\`${step.id}\` waits for \`${close.step}\`, after which the incident is over`;
    return [diagnostic('PLAYBOOK_STEP_UNREACHABLE', source.placeOf(['steps', index, 'needs']), message)];
  });
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

const closures = new WeakMap<LoadedPlaybook, ReadonlyMap<string, ReadonlySet<string>>>();

/** Ids of the steps that a step waits for, directly or through others. */
export function ancestors(loaded: LoadedPlaybook, id: string): ReadonlySet<string> {
  let closure = closures.get(loaded);
  if (!closure) closures.set(loaded, (closure = closureOf(loaded)));
  return closure.get(id) ?? new Set();
}

function closureOf({ playbook }: LoadedPlaybook): ReadonlyMap<string, ReadonlySet<string>> {
  const needs = new Map(playbook.steps.map(({ id }, index) => [id, needsOf(playbook, index).map(({ step }) => step)]));
  const closure = new Map<string, Set<string>>();
  const open = [...needs.keys()].reverse();
  const begun = new Set<string>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (closure.has(id)) continue;
    const before = (needs.get(id) ?? []).filter((need) => needs.has(need));
    const missing = begun.has(id) ? [] : before.filter((need) => !closure.has(need)); // the second time round a circle, if any, is cut
    begun.add(id);
    if (missing.length > 0) open.push(id, ...missing);
    else closure.set(id, new Set(before.flatMap((need) => [need, ...(closure.get(need) ?? [])])));
  }
  return closure;
}
