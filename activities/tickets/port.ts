import type { ConnectorTraits } from '../../contracts/effects.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { SecretReader } from '../port.ts';

/** A ticket as it is asked for. */
export interface TicketDraft {
  /** Name of the queue in the configuration. */
  readonly queue: string;
  /** 32 hex digits: found again by it. */
  readonly key: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** A ticket at its provider. */
export interface Ticket {
  /** The provider's id, enough to address it: `org/repo#12`. */
  readonly id: string;
  readonly url: string;
  readonly open: boolean;
}

/**
 * What an integrator writes for a ticketing system: single calls without retries.
 *
 * A call throws a `CodedError` of kind `retryable` and effect `none` when nothing was done, of effect `unknown` when
 * nobody can say, of another kind when it will never work.
 */
export interface TicketConnector extends ConnectorTraits {
  /** Every ticket that carries the key, oldest first, by a consistent read (a list, never a search index). @throws TICKET_QUEUE_UNKNOWN */
  find(queue: string, key: string): Promise<readonly Ticket[]>;
  create(draft: TicketDraft): Promise<Ticket>;
  /** Adds a comment once: one that carries the key already is returned. @throws TICKET_ID_INVALID */
  comment(ticket: string, text: string, key: string): Promise<{ readonly id: string }>;
  /** Closes a ticket; one that is closed already stays so. @throws TICKET_ID_INVALID */
  close(ticket: string): Promise<void>;
  /** Lets go of connections. */
  end(): Promise<void>;
}

/** A vendor: how to make a connector of configuration. One file in `connectors/`, or a package of its own. */
export interface TicketVendor {
  /** The word after `use:`. */
  readonly use: string;
  /** JSON Schema 2020-12 of the configuration beside `use`. */
  readonly schema: JsonObject;
  create(config: JsonObject, secrets: SecretReader): TicketConnector;
}
