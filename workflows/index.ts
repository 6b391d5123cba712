/** Entry of the workflow bundle: workflow types are these names, and running incidents depend on them. */
export { incident } from './incident.ts';
export { outlasting } from './outlasting.ts';
export { obligation } from './obligation.ts';
export { rollout } from './rollout.ts';
export { probe } from './probe.ts';
