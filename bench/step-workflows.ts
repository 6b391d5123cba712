import { proxyActivities } from '@temporalio/workflow';

export { incident } from '../workflows/incident.ts';

const { bareStep } = proxyActivities<{ bareStep(): Promise<object> }>({ startToCloseTimeout: '10s' });

/** The bare form: the same no-op activity, one after the other. */
export async function bareSteps(steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) await bareStep();
}
