/** Entry of the workflow bundle: the workflow types that a worker knows. Their names are contracts. */
export { incident } from './incident.ts';
export { obligation } from './obligation.ts';
export { outlasting } from './outlasting.ts';
export { rollout } from './rollout.ts';
/** For the self-test of the codec at worker start. */
export { probe } from './probe.ts';
