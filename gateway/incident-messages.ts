import { createHash } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { CodedError } from '../contracts/errors.ts';
import { incidentWorkflowId } from '../contracts/ids.ts';
import { canonicalJson } from '../contracts/json.ts';
import { incidentMessages, type Receipt } from '../contracts/messages.ts';
import type { IncidentRow } from '../ledger/ports.ts';
import type { GatewayDeps } from './deps.ts';
import { Lanes } from './lanes.ts';

const ANSWER_WITHIN_MS = 20_000; // below the HTTP request's own limit, so that the code is said
const HASH_CHARS = 16;
/** A Temporal server has ten Updates of a workflow in flight; where more come at once it takes none of them for seconds. */
const lanes = new Lanes(4); // two gateways at once stay below

/** A message that an incident takes as an Update. */
export type UpdateName = Exclude<keyof typeof incidentMessages, 'status' | 'childEnded'>;

/** What makes a repeat of a message safe. */
export interface MessageKey {
  /** Who sends it. */
  readonly by: string;
  /** Idempotency key of the sender. */
  readonly key: string;
}

/**
 * Sends a message to an incident.
 *
 * The update id is sender and key, so the server answers a repeat with the first receipt. The id inside the message also
 * carries a hash of what was said, and comes back in the receipt: the same key with something else is told apart. The door's
 * own proof of a decision is no part of that: it says when it was made.
 *
 * @throws INCIDENT_KEY_REUSED; INCIDENT_OVER; GATEWAY_NOT_RUNNING; GATEWAY_ANSWER_LATE; codes of the engine's refusals.
 */
export async function sendMessage(
  { client }: GatewayDeps,
  { incident, closedAt }: IncidentRow,
  name: UpdateName,
  message: object,
  { by, key }: MessageKey,
): Promise<Receipt> {
  const updateId = `${by}/${key}`;
  const hash = createHash('sha256')
    .update(canonicalJson({ name, message: { ...message, proof: undefined } }))
    .digest('hex')
    .slice(0, HASH_CHARS);
  const id = `${updateId}#${hash}`;
  const handle = client.workflow.getHandle(incidentWorkflowId(incident));
  try {
    const send = (): Promise<Receipt> =>
      handle.executeUpdate<Receipt, [object]>(incidentMessages[name], { args: [{ ...message, id }], updateId });
    const deadline = Date.now() + ANSWER_WITHIN_MS;
    const receipt = await lanes.run(incident, () => client.withDeadline(deadline, send));
    if (receipt.id !== id)
      throw new CodedError('INCIDENT_KEY_REUSED', `the idempotency key was used for something else in ${incident}`);
    return receipt;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    if (closedAt === undefined) throw new CodedError('GATEWAY_NOT_RUNNING', `${incident} has no running workflow`);
    throw new CodedError('INCIDENT_OVER', `${incident} was closed at ${closedAt}`);
  }
}
