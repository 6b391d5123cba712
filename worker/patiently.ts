import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isCodedError, type ErrorCode } from '../contracts/errors.ts';

/** What may right itself while a process starts: servers that come up beside it, a migration that runs beside it. */
const PASSING: readonly ErrorCode[] = ['LEDGER_UNREACHABLE', 'LEDGER_SCHEMA_OLDER', 'STACK_TEMPORAL_AWAY'];
const GIVE_UP_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 100;
const LOOK_SELDOM_MS = 1_000;
const SOON_MS = 5_000;

/**
 * Opens something that may not be there yet: a start order between servers, migration and workers is not needed. Each new
 * reason for waiting is logged once.
 *
 * @throws what `open` threw last, after 60 s or when waiting cannot help.
 */
export async function patiently<Opened>(log: Logger, open: () => Promise<Opened>): Promise<Opened> {
  const begunAt = Date.now();
  const told = new Set<string>();
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const waitedMs = Date.now() - begunAt;
      if (!isCodedError(error) || !PASSING.includes(error.code) || waitedMs > GIVE_UP_AFTER_MS) throw error;
      if (!told.has(error.code)) log.warn({ code: error.code }, `waiting: ${error.what}`);
      told.add(error.code);
      await pause(waitedMs < SOON_MS ? LOOK_EVERY_MS : LOOK_SELDOM_MS);
    }
  }
}
