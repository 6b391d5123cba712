import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { reconcile } from '../activities/reconcile/reconcile.ts';
import { isCodedError } from '../contracts/errors.ts';
import { runState } from './run-state.ts';
import type { ConnectorTraits } from '../contracts/effects.ts';
import type { Ledger } from '../ledger/ports.ts';

/** Between two passes: what an ended run left is a matter of minutes, and a pass reads the open incidents' effects. */
const EVERY_MS = 5 * 60_000;

/** Passes on a timer. */
export interface Reconciler {
  stop(): Promise<void>;
}

/**
 * Settles what ended runs left claimed, every few minutes, beside a worker; a pass that fails is told and tried again.
 *
 * @param client - its own; closed with it.
 */
export function startReconciler(
  client: Client,
  { ledger, traits }: { readonly ledger: Ledger; readonly traits: (action: string) => ConnectorTraits | undefined },
  log: Logger,
): Reconciler {
  const runs = runState(client);
  const pass = async (): Promise<void> => {
    try {
      const { settled } = await reconcile({ ledger, runs, traits });
      for (const run of settled) log.warn(run, 'claims of a run that is over are unknown now');
    } catch (error) {
      log.warn({ code: isCodedError(error) ? error.code : 'ENGINE_INTERNAL' }, 'claims of ended runs were not settled');
    }
  };
  const timer = setInterval(() => {
    void pass();
  }, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await client.connection.close();
    },
  };
}
