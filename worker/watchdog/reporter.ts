import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { HttpClient } from '../../activities/effects/http-exchange.ts';
import { WATCHDOG_REPORTS, type WatchdogReport } from '../../contracts/watchdog.ts';
import type { Ledger } from '../../ledger/ports.ts';

const REPORT_EVERY_MS = 15_000;
const TIMEOUT_MS = 5_000;
const ENGINE_ANSWERS_WITHIN_MS = 3_000;

/** What a reporter is made from. */
export interface ReporterOptions {
  /** Address of the watchdog. */
  readonly url: string;
  readonly token: string;
  readonly ledger: Pick<Ledger, 'duties' | 'effects'>;
  /** Whether the engine answers; a rejection means no. */
  readonly askEngine: () => Promise<unknown>;
  readonly log: Logger;
  /** Milliseconds between reports; default 15 s. */
  readonly everyMs?: number;
}

/** The SDK repeats a call that finds no server for longer than we want to know. */
async function answersInTime(asked: Promise<unknown>): Promise<boolean> {
  const answered = asked.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, pause(ENGINE_ANSWERS_WITHIN_MS, false, { ref: false })]);
}

/**
 * Tells the watchdog every 15 seconds what is due and whether the engine answers. A report holds everything, so it is both
 * the sign of life and the news of every clock that moved, and one that is lost costs nothing.
 *
 * @returns ends it.
 */
export function reportToWatchdog({ url, token, ledger, askEngine, log, everyMs = REPORT_EVERY_MS }: ReporterOptions): {
  stop(): Promise<void>;
} {
  const client = new HttpClient(1);
  let wasTaken = true;
  const report = async (): Promise<void> => {
    const at = await ledger.effects.now();
    const duties = await ledger.duties.open();
    const isEngineUp = await answersInTime(askEngine());
    const body: WatchdogReport = { at, isEngineUp, duties };
    const exchange = await client.send({
      method: 'POST',
      url: new URL(WATCHDOG_REPORTS, url).href,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      timeoutMs: TIMEOUT_MS,
    });
    const isTaken = exchange.end === 'answered' && exchange.status === 204;
    if (wasTaken && !isTaken)
      log.error(
        { status: exchange.end === 'answered' ? exchange.status : exchange.end },
        'the watchdog took no report',
      );
    wasTaken = isTaken;
  };
  let running: Promise<void> | undefined;
  const beat = (): void => {
    running ??= report()
      .catch((error: unknown) => {
        log.warn({ error: error instanceof Error ? error.message : String(error) }, 'no report to the watchdog');
      })
      .finally(() => {
        running = undefined;
      });
  };
  beat();
  const timer = setInterval(beat, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
      await client.close();
    },
  };
}
