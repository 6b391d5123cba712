import { askCommand, gateCommand } from '../../contracts/answer-commands.ts';
import { isJsonObject, type Json } from '../../contracts/json.ts';
import type { EngineActivities } from '../../contracts/engine-activities.ts';
import type { PlanStep } from '../../contracts/plan.ts';

type Page = Parameters<EngineActivities['engine.page']>[0];

const ROUND = /^\d+$/; // `round/2/contain` is the second round's instance of the plan's `round/contain`
const INFORMING = 9; // level of a page that tells what was done and asks for nothing

/** The plan's node behind a step's instance; `undefined` for clocks and for what no plan holds. */
export function nodeOf(steps: readonly PlanStep[], step: string): PlanStep | undefined {
  const inPlan = step
    .split('/')
    .filter((part) => !ROUND.test(part))
    .join('/');
  return steps.find(({ id }) => id === step) ?? steps.find(({ id }) => id === inPlan);
}

/**
 * What a person who is woken reads: the first line is the subject, then why, what it is about, and the command line that
 * answers it.
 *
 * @param node - of the step that waits; without it the reader is sent to the status.
 * @param texts - what the step's texts say, for what is done by hand.
 */
export function pageWords(
  { incident, step, text, level }: Pick<Page, 'incident' | 'step' | 'text' | 'level'>,
  node: PlanStep | undefined,
  texts: readonly string[] = [],
): string {
  const look = `Everything that waits: firebreak status ${incident}`;
  if (!node) return [text, '', look].join('\n');
  const isAsk = node.shape === 'people' || node.shape === 'wait';
  const said = spelledOut(text, node);
  if (level >= INFORMING) return [`${node.title}: ${said}`, '', look].join('\n');
  return [
    `${node.title}: ${said}`,
    '',
    isAsk
      ? `Step ${step} waits until you have done or said this.`
      : `Step ${step} does nothing further until it is decided.`,
    ...(level > 0 ? ['You read this because nobody has answered in time.'] : []),
    ...texts.flatMap((one) => ['', one.trim()]),
    '',
    `${isAsk ? 'Answer' : 'Look and decide'}: ${isAsk ? askCommand(incident, wantsOf(node, step), node.uses) : gateCommand(incident, step)}`,
    look,
  ].join('\n');
}

/** What is done by hand is named neutrally, `entry-closed`; a reader gets words. */
function spelledOut(text: string, { uses, with: given }: PlanStep): string {
  const name = isJsonObject(given) ? given['text'] : undefined;
  return uses === 'manual' && typeof name === 'string' ? text.replaceAll(name, name.replaceAll('-', ' ')) : text;
}

function wantsOf({ with: given }: PlanStep, step: string): Parameters<typeof askCommand>[1] {
  const { fact, keys, sets, evidence } = isJsonObject(given) ? given : {};
  const wants = [fact, sets, ...(Array.isArray(keys) ? (keys as readonly Json[]) : [])];
  return {
    step,
    wants: wants.filter((key) => typeof key === 'string'),
    evidence: evidence === 'required' ? 'required' : 'none',
  };
}
