import type { ConnectorTraits } from '../../contracts/effects.ts';

/** A message: plain text for notifications and readers, lines for the eye. */
export interface ChatMessage {
  /** Whole content as plain text. */
  readonly text: string;
  /** Paragraphs in the connector-neutral subset of Markdown: `*bold*` and lines. Absent: `text` alone. */
  readonly sections?: readonly string[];
}

/** A room as it is asked for. */
export interface RoomDraft {
  readonly name: string;
  readonly isPrivate: boolean;
  /** 32 hex digits: the room is known again by it. */
  readonly key: string;
}

/**
 * What an integrator writes for a chat: single calls without retries.
 *
 * Calls throw `CodedError`: of kind `retryable` and effect `none` when nothing was done, of effect `unknown` when nobody
 * can say, of another kind when it will never work.
 */
export interface ChatConnector extends ConnectorTraits {
  /** Opens the room, or finds the one that carries the key. @throws CHAT_NAME_TAKEN */
  openRoom(draft: RoomDraft): Promise<{ readonly room: string }>;
  /**
   * Posts a message once.
   *
   * @param isRepeat - an earlier attempt may have posted: look for the key first.
   */
  post(room: string, message: ChatMessage, key: string, isRepeat: boolean): Promise<{ readonly id: string }>;
  /** Pins a message of ours; one that is pinned stays so. */
  pin(room: string, id: string): Promise<void>;
  /** Rewrites a message of ours. */
  update(room: string, id: string, message: ChatMessage): Promise<void>;
  /** Invites one person; who is in already stays. @throws CHAT_PERSON_UNKNOWN */
  invite(room: string, person: { readonly chatId?: string; readonly address: string }): Promise<void>;
  topic(room: string, text: string): Promise<void>;
}
