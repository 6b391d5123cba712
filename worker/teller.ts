import type { Logger } from 'pino';
import type { EngineDeps } from '../activities/engine/activities.ts';
import type { RunningCapability } from '../activities/port.ts';
import type { CallContext } from '../contracts/effects.ts';
import type { JsonObject } from '../contracts/json.ts';

/** A capability that tells staff; see activities/people. */
interface Telling extends RunningCapability {
  tell(people: readonly string[], text: string, context: { readonly incident: string }): Promise<readonly string[]>;
}

/** A capability with a status card; see activities/chat. */
interface Carded extends RunningCapability {
  updateCard(call: CallContext, summary: JsonObject): Promise<unknown>;
}

/**
 * How the engine wakes people and redraws the card: through the capabilities that can, and never so that a failure stops
 * anything. What could not be delivered is logged with its reason.
 */
export function teller(
  running: ReadonlyMap<string, RunningCapability>,
  log: Logger,
): Pick<EngineDeps, 'tell' | 'card'> {
  return {
    async tell({ incident, step }, people, text, level) {
      const capability = running.get('people') as Telling | undefined;
      try {
        return (await capability?.tell(people, text, { incident })) ?? [];
      } catch (error) {
        log.warn(
          { incident, step, level, error: error instanceof Error ? error.message : String(error) },
          'people could not be told',
        );
        return [];
      }
    },
    async card(call, summary) {
      const capability = running.get('chat') as Carded | undefined;
      try {
        await capability?.updateCard(call, summary);
      } catch (error) {
        log.warn(
          { incident: call.incident, error: error instanceof Error ? error.message : String(error) },
          'the status card was not redrawn',
        );
      }
    },
  };
}
