import { CodedError } from '../contracts/errors.ts';
import type { Logger } from 'pino';
import type { EngineDeps } from '../activities/engine/activities.ts';
import type { RunningCapability } from '../activities/port.ts';
import type { CallContext } from '../contracts/effects.ts';
import type { JsonObject } from '../contracts/json.ts';

interface Context {
  readonly incident: string;
  readonly isUrgent: boolean;
}

/** A capability that tells staff; see activities/people. */
interface Telling extends RunningCapability {
  tell(people: readonly string[], text: string, context: Context): Promise<readonly string[]>;
}

/** A capability with a status card; see activities/chat. */
interface Carded extends RunningCapability {
  updateCard(call: CallContext, summary: JsonObject): Promise<unknown>;
}

/**
 * How the engine wakes people and redraws the card, through the capabilities that can. What could not be delivered is
 * logged with its reason. A wake-up that reached nobody is tried again (PEOPLE_PAGE_FAILED), the card never stops anything.
 */
export function teller(
  running: ReadonlyMap<string, RunningCapability>,
  log: Logger,
): Pick<EngineDeps, 'tell' | 'card'> {
  return {
    async tell({ incident, step }, people, text, level) {
      const capability = running.get('people') as Telling | undefined;
      if (!capability || people.length === 0) return [];
      const reached = await capability.tell(people, text, { incident, isUrgent: level > 0 }).catch((error: unknown) => {
        log.warn(
          { incident, step, level, error: error instanceof Error ? error.message : String(error) },
          'people could not be told',
        );
        return [];
      });
      if (reached.length === 0)
        throw new CodedError('PEOPLE_PAGE_FAILED', `none of ${people.length} people were told of ${step}`);
      return reached;
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
