import { DefaultFailureConverter } from '@temporalio/common';

/** Messages and stack traces of failures go through the codec too. Loaded by path into worker, client and bundle. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
