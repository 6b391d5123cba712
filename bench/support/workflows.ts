import { proxyActivities } from '@temporalio/workflow';

export { incident, rollout } from '../../workflows/index.ts';

const { bareStep } = proxyActivities<{ bareStep(): Promise<object> }>({ startToCloseTimeout: '10s' });

/** The bare form of a playbook: the same no-op activity, one after the other. */
export async function bareSteps(steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) await bareStep();
}
