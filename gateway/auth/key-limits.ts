import { severities, type Severity } from '../../contracts/detectors.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { Identity } from './identity.ts';

/** What a start says of itself. */
export interface LimitedStart {
  readonly playbook: string;
  readonly mode: string;
  readonly inputs: JsonObject;
}

/** How grave a start is, as its input `severity` says; what does not say counts as the gravest. */
function rankOf(said: Json | undefined): number {
  const rank = severities.findIndex((one) => one === said);
  return rank < 0 ? severities.length - 1 : rank;
}

function isBeyond(ceiling: Severity, { mode, inputs }: LimitedStart): boolean {
  return mode === 'live' && rankOf(inputs['severity']) > severities.indexOf(ceiling);
}

/**
 * Refuses a start beyond what its API key is limited to: playbooks, modes, and how grave it may be where it is live.
 *
 * @throws GATEWAY_FORBIDDEN
 */
export function refuseBeyondKey({ key }: Pick<Identity, 'key'>, start: LimitedStart): void {
  const { playbook, mode } = start;
  if (key.playbooks?.includes(playbook) === false)
    throw new CodedError('GATEWAY_FORBIDDEN', `the key ${key.name} may not start that playbook`);
  if (key.modes?.includes(mode) === false)
    throw new CodedError('GATEWAY_FORBIDDEN', `the key ${key.name} may not start in mode ${mode}`);
  if (key.severity !== undefined && isBeyond(key.severity, start))
    throw new CodedError(
      'GATEWAY_FORBIDDEN',
      `the key ${key.name} starts nothing graver than ${key.severity} by itself`,
    );
}
