import { ApplicationFailure, setCurrentDetails, sleep } from '@temporalio/workflow';

/**
 * Carries a random mark through everything that Temporal stores, so that the codec's self-test (worker/self-test.ts) can
 * look for it in the raw history: timer summary, details, and the failure's message and details. Always fails.
 */
export async function probe(mark: string): Promise<void> {
  setCurrentDetails(mark);
  await sleep(1, { summary: mark });
  throw ApplicationFailure.nonRetryable(mark, 'PROBE', mark);
}
