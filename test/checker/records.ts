import { readFileSync } from 'node:fs';

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

/** Everything that the outside world recorded of one incident, by itself. */
export interface OutsideRecords {
  readonly issuer: readonly IssuerEntry[];
  readonly mail: readonly MailEntry[];
  readonly tickets: readonly TicketEntry[];
}

function linesOf(path: string | undefined): readonly unknown[] {
  if (path === undefined) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown);
}

/** Reads the outside world's records; one that is not given counts as empty. @throws where a file is none of its kind */
export function readOutside(paths: {
  readonly issuer?: string | undefined;
  readonly mail?: string | undefined;
  readonly tickets?: string | undefined;
}): OutsideRecords {
  return {
    issuer: linesOf(paths.issuer) as IssuerEntry[],
    mail: linesOf(paths.mail) as MailEntry[],
    tickets: paths.tickets === undefined ? [] : (JSON.parse(readFileSync(paths.tickets, 'utf8')) as TicketEntry[]),
  };
}
