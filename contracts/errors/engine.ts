import type { ErrorArea } from '../coded-error.ts';

/** Codes of the workflows: gates, facts, steps and the incident's life. */
export const engineErrors = {
  ENGINE_INTERNAL: {
    kind: 'terminal',
    effect: 'unknown',
    actor: 'developer',
    http: 500,
    message: 'the engine met a state it has no rule for',
    remedy: 'Report the code and the incident id; the run keeps its state and resumes after a repaired worker starts.',
  },
} as const satisfies ErrorArea;
