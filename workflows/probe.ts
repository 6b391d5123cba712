import { ApplicationFailure, proxyActivities, setCurrentDetails, sleep } from '@temporalio/workflow';

/** The activity that the self-test's worker offers on the probe's own queue; always fails with the mark. */
export interface ProbeActivities {
  probeFailure(mark: string): Promise<void>;
}

const { probeFailure } = proxyActivities<ProbeActivities>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 1 },
});

/**
 * Carries a random mark through everything that Temporal stores, so that the codec's self-test (worker/self-test.ts) can
 * look for it in the raw history: timer summary, details, an activity's argument and failure, the workflow's own failure.
 * Always fails.
 */
export async function probe(mark: string): Promise<void> {
  setCurrentDetails(mark);
  await sleep(1, { summary: mark });
  await probeFailure(mark).catch(() => undefined); // its failure is in the history, which is all that is wanted
  throw ApplicationFailure.nonRetryable(mark, 'PROBE', mark);
}
