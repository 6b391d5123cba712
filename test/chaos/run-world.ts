import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChaosRun, ChaosToken, MailFault } from './draw-run.ts';
import type { IssuerEntry, MailEntry, OutsideRecords, TicketEntry } from '../checker/records.ts';
import type { ProviderFault } from '../faults/provider-faults.ts';

interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  state: 'open' | 'closed';
}

/** A replacement at the issuer; the owner confirms it a moment after it was handed over. */
interface Replacement {
  readonly of: string;
  handedOverMs: number | undefined;
  confirmedAt: string | undefined;
}

const CONFIRMED_AFTER_MS = 300;

/** The outside world of one run, with its own record of what happened. */
export class RunWorld {
  readonly run: ChaosRun;
  readonly issues: Issue[] = [];
  readonly #tokens: ReadonlyMap<string, ChaosToken>;
  readonly #revokedAt = new Map<string, string>();
  readonly #issuer: IssuerEntry[] = [];
  readonly #mail: MailEntry[] = [];
  readonly #replacements = new Map<string, Replacement>();
  readonly #served = new Set<string>();
  readonly #watchers: ((effects: number) => void)[] = [];
  #acting = 0;
  #effects = 0;

  constructor(run: ChaosRun) {
    this.run = run;
    this.#tokens = new Map(run.tokens.map((token) => [token.id, token]));
  }

  /** Effects that happened so far: revocations asked for, messages taken, tickets made. */
  get effects(): number {
    return this.#effects;
  }

  /** Told after each effect. */
  watch(look: (effects: number) => void): void {
    this.#watchers.push(look);
  }

  token(id: string): ChaosToken | undefined {
    return this.#tokens.get(id);
  }

  isActive(id: string): boolean {
    return this.#tokens.has(id) && !this.#revokedAt.has(id);
  }

  /** Fault of the next acting request. */
  nextFault(): ProviderFault | undefined {
    this.#acting += 1;
    return this.run.providerFaults.get(this.#acting);
  }

  revoke(id: string): string {
    const at = this.#revokedAt.get(id) ?? new Date().toISOString();
    this.#revokedAt.set(id, at);
    this.#issuer.push({ act: 'revoke', id, at: new Date().toISOString() });
    this.#happened();
    return at;
  }

  /** Issues a replacement: the same key gives the same one. @returns its id */
  replace(of: string, key: string): string {
    const id = `${of}-r${key.slice(0, 12)}`;
    if (this.#replacements.has(id)) return id;
    this.#replacements.set(id, { of, handedOverMs: undefined, confirmedAt: undefined });
    this.#issuer.push({ act: 'issue', id: of, key, replacement: id, at: new Date().toISOString() });
    this.#happened();
    return id;
  }

  /** @returns when a replacement reached its owner; `undefined` where there is no such one */
  handOver(id: string): string | undefined {
    const replacement = this.#replacements.get(id);
    if (!replacement) return undefined;
    if (replacement.handedOverMs === undefined) {
      replacement.handedOverMs = Date.now();
      this.#issuer.push({ act: 'handover', id: replacement.of, replacement: id, at: new Date().toISOString() });
      this.#happened();
    }
    return new Date(replacement.handedOverMs).toISOString();
  }

  /** When its owner confirmed a replacement, which happens in time for whoever looks. */
  confirmed(id: string): string | null {
    const replacement = this.#replacements.get(id);
    if (!replacement) return null;
    const { handedOverMs = Infinity, of } = replacement;
    if (replacement.confirmedAt === undefined && Date.now() >= handedOverMs + CONFIRMED_AFTER_MS) {
      replacement.confirmedAt = new Date().toISOString();
      this.#issuer.push({ act: 'confirm', id: of, replacement: id, at: replacement.confirmedAt });
    }
    return replacement.confirmedAt ?? null;
  }

  openIssue({ title, body, labels }: Pick<Issue, 'title' | 'body' | 'labels'>): Issue {
    const issue: Issue = { number: this.issues.length + 1, title, body, labels, state: 'open' };
    this.issues.push(issue);
    this.#happened();
    return issue;
  }

  /** What the mail server does to a recipient now. */
  mailFault(recipient: string): MailFault | undefined {
    return this.#served.has(recipient) ? undefined : this.run.mailFaults.get(recipient);
  }

  /** A fault has done its work: the recipient is served from now on; only a mailbox that is not there never is. */
  spent(recipient: string): void {
    if (this.run.mailFaults.get(recipient) !== 'no-mailbox') this.#served.add(recipient);
  }

  took(entry: MailEntry): void {
    this.#mail.push(entry);
    this.#happened();
  }

  /** Its own record. */
  records(): OutsideRecords {
    const states = this.run.tokens.map(({ id }): IssuerEntry => ({ act: 'state', id, active: this.isActive(id) }));
    const tickets = this.issues.map(({ number, state, body }): TicketEntry => ({
      id: String(number),
      open: state === 'open',
      mark: /<!-- fb:([0-9a-f]{32}) -->/.exec(body)?.[1] ?? '',
    }));
    return { issuer: [...this.#issuer, ...states], mail: this.#mail, tickets };
  }

  /** Writes the record as files that `test/checker/main.ts` reads. */
  write(folder: string): void {
    const { issuer, mail, tickets } = this.records();
    const lines = (entries: readonly object[]): string => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    writeFileSync(join(folder, 'issuer.jsonl'), lines(issuer));
    writeFileSync(join(folder, 'mail.jsonl'), lines(mail));
    writeFileSync(join(folder, 'tickets.json'), JSON.stringify(tickets));
  }

  #happened(): void {
    this.#effects += 1;
    for (const look of this.#watchers) look(this.#effects);
  }
}
