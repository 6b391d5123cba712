import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What an issuer saw, one line each: a call that took effect, or at the end the state of every credential it knows. */
export type IssuerEntry =
  | { readonly act: 'revoke'; readonly id: string; readonly at: string }
  | {
      readonly act: 'issue';
      readonly id: string;
      readonly key: string;
      readonly replacement: string;
      readonly at: string;
    }
  /** The replacement reached the owner of the old credential `id`. */
  | { readonly act: 'handover'; readonly id: string; readonly replacement: string; readonly at: string }
  /** The owner uses the replacement. */
  | { readonly act: 'confirm'; readonly id: string; readonly replacement: string; readonly at: string }
  | { readonly act: 'state'; readonly id: string; readonly active: boolean };

/** A message that a mail server took, one line each. */
export interface MailEntry {
  readonly at: string;
  /** Message-ID with its angle brackets. */
  readonly id: string;
  /** Envelope recipients; they leave the checker hashed only. */
  readonly recipients: readonly string[];
}

/** A ticket as its system lists it. */
export interface TicketEntry {
  readonly id: string;
  readonly open: boolean;
  /** Hidden mark of the effect that made it: 32 hex digits. */
  readonly mark: string;
}

/** A chat room as its chat lists it. */
export interface RoomEntry {
  readonly id: string;
  /** Mark of the effect that opened it: 32 hex digits; '' where it is not one of ours. */
  readonly mark: string;
  /** Messages in it; `key` is that of their metadata: `<mark>-card` for the status card, else the mark; '' for others'. */
  readonly posts: readonly { readonly id: string; readonly key: string }[];
}

/** Everything that the outside world recorded of one incident, by itself. */
export interface OutsideRecords {
  readonly issuer: readonly IssuerEntry[];
  readonly mail: readonly MailEntry[];
  readonly tickets: readonly TicketEntry[];
  /** Absent where there is no chat that keeps anything: then it is not judged. */
  readonly chat?: readonly RoomEntry[] | undefined;
}

/** Paths of the outside world's records. */
export type RecordPaths = Readonly<Partial<Record<keyof OutsideRecords, string | undefined>>>;

/** Where a folder with the whole record of a run has each of them; `firebreak demo --record` and chaos write it. */
export function recordsIn(folder: string): RecordPaths {
  return {
    issuer: join(folder, 'issuer.jsonl'),
    mail: join(folder, 'mail.jsonl'),
    tickets: join(folder, 'tickets.json'),
    chat: join(folder, 'chat.json'),
  };
}

function linesOf(path: string | undefined): readonly unknown[] {
  if (path === undefined) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown);
}

function listIn(path: string | undefined): unknown {
  return path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'));
}

/** Reads the outside world's records; one that is not given counts as empty, a chat as none. @throws where a file is none of its kind */
export function readOutside(paths: RecordPaths): OutsideRecords {
  return {
    issuer: linesOf(paths.issuer) as IssuerEntry[],
    mail: linesOf(paths.mail) as MailEntry[],
    tickets: (listIn(paths.tickets) ?? []) as TicketEntry[],
    chat: listIn(paths.chat) as RoomEntry[] | undefined,
  };
}
