import { randomBytes } from 'node:crypto';

/** Signing secret of the tests, made when they run. */
export const SIGNING_SECRET = randomBytes(16).toString('hex');
