import type { Digest } from './ids.ts';
import type { Plan } from './plan.ts';

const ROUND = /^\d+$/; // `round/2/ready` is the second round's instance of the plan's `round/ready`

/**
 * What people are to do at each `manual` step that has a text.
 *
 * @param read - gives a plan document's text by its hash.
 * @returns text by the step's id in the plan; several locales stand one below the other.
 */
export async function instructionsOf(
  { steps }: Plan,
  read: (hash: Digest) => string | Promise<string>,
): Promise<Readonly<Record<string, string>>> {
  const manual = steps.filter(({ uses, texts }) => uses === 'manual' && Object.keys(texts).length > 0);
  const entries = manual.map(async ({ id, texts }) => {
    const bodies = await Promise.all(Object.values(texts).map(async (hash) => read(hash)));
    return [id, bodies.map((body) => body.trim()).join('\n\n')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The instructions for a step's instance, in whatever round; `undefined` where it has none. */
export function instructionsFor(instructions: Readonly<Record<string, string>>, step: string): string | undefined {
  const inPlan = step.split('/').filter((part) => !ROUND.test(part));
  return instructions[step] ?? instructions[inPlan.join('/')];
}
