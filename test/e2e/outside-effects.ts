import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface TokenLine {
  readonly id?: string;
  readonly active?: boolean;
}

interface MailLine {
  readonly recipients: readonly string[];
}

/** The lines of a file of a record, in its own shape. */
export const recordLines = (folder: string, file: string): readonly unknown[] =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

/** What came about in the outside world, target for target, from its own records. */
export interface OutsideEffects {
  /** Of each token of the issuer, by its id, whether it still answers. */
  readonly tokens: readonly string[];
  /** Addresses of affected people and customers, once for each message. */
  readonly told: readonly string[];
  readonly tickets: number;
}

/** Reads what a run has done from the folder of the world's record. */
export function outsideEffects(folder: string): OutsideEffects {
  const tokens = (recordLines(folder, 'issuer.jsonl') as readonly TokenLine[]).flatMap(({ id, active }) =>
    id === undefined || active === undefined ? [] : [`${id} ${active ? 'active' : 'dead'}`],
  );
  const told = (recordLines(folder, 'mail.jsonl') as readonly MailLine[])
    .flatMap(({ recipients }) => recipients)
    .filter((address) => !address.endsWith('@staff.example.org'));
  const tickets = JSON.parse(readFileSync(join(folder, 'tickets.json'), 'utf8')) as readonly unknown[];
  return { tokens: tokens.sort(), told: told.sort(), tickets: tickets.length };
}
