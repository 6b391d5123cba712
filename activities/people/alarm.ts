import { refusalOf, type Exchange } from '../effects/http-exchange.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { Delivery } from '../notices/delivery.ts';
import type { SecretReader } from '../port.ts';

/** A person to be woken. */
export interface AlarmCall {
  readonly incident: string;
  /** Staff id. */
  readonly person: string;
  /** Words for staff, without credentials. */
  readonly text: string;
  /** The same for every repeat of the same page. */
  readonly key: string;
}

/** What wakes people beside mail. Inside: no retries, no ledger. */
export interface Alarm {
  /** Rings once. Never throws for what the outside does. */
  ring(call: AlarmCall): Promise<Delivery>;
  close(): Promise<void>;
}

/** One kind of alarm, chosen by `use`. */
export interface AlarmVendor {
  readonly use: string;
  /** What its part of the configuration holds beside `use`. */
  readonly schema: { readonly required: readonly string[]; readonly properties: Readonly<Record<string, Json>> };
  create(config: JsonObject, secrets: SecretReader): Alarm;
}

const WAIT_MS = 5_000; // where a service refuses for now without saying for how long

/** What an answer means for the one who was to be woken. */
export function alarmDelivery(exchange: Exchange): Delivery {
  const refusal = refusalOf(exchange);
  if (!refusal) return { end: 'accepted', receipt: exchange.end === 'answered' ? exchange.receipt : {} };
  const { state, waitMs = WAIT_MS, receipt } = refusal;
  const code = (refusal.code ?? 'CONNECTOR_NONSENSE') as ErrorCode;
  if (state === 'planned') return { end: 'deferred', code, waitMs, receipt };
  return { end: state === 'failed' ? 'refused' : 'unclear', code, receipt };
}

const RANK: Readonly<Record<Delivery['end'], number>> = { accepted: 0, unclear: 1, deferred: 2, refused: 3 };

/** What several ways to one person come to: whoever was reached by one of them is awake. */
export function bestOf(deliveries: readonly Delivery[]): Delivery | undefined {
  return [...deliveries].sort((left, right) => RANK[left.end] - RANK[right.end])[0];
}
