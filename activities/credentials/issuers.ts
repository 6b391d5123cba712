import { ConnectionSlots } from '../effects/connection-slots.ts';
import { digestOf } from '../effects/effect-key.ts';
import { errorEntry, isCodedError } from '../../contracts/errors.ts';
import { slotsOf } from '../effects/act-run.ts';
import { text } from './connectors/answers.ts';
import type { Act, Screened } from '../effects/act.ts';
import type { Connector } from '../port.ts';
import type { ConnectorTraits } from '../../contracts/effects.ts';
import type { CredentialIssuer } from './port.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { Ledger } from '../../ledger/ports.ts';

/** Picks the connector of an issuer that does what a step asks; `undefined` where it cannot. */
export type Pick = (issuer: CredentialIssuer) => Connector | undefined;

/** How an act gets to an issuer. */
type Line = { readonly slot: NonNullable<Act['slot']>; readonly connection?: NonNullable<Act['connection']> };

/** Weakest first: what can be promised of several connectors is what the weakest promises. */
const CLASSES = ['blind', 'checkable', 'keyed', 'idempotent'] as const;

/** Wait before targets are asked again whose issuer could not say which ids are our own. */
const GUARD_WAIT_MS = 2_000;

/** The configured issuers: who acts for a row, what is our own, what people must know of them. */
export class Issuers {
  readonly #byName: ReadonlyMap<string, CredentialIssuer>;
  readonly #ledger: Ledger;
  readonly #lines = new WeakMap<Connector, Line>();
  readonly #ownIds = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(byName: ReadonlyMap<string, CredentialIssuer>, ledger: Ledger) {
    this.#byName = byName;
    this.#ledger = ledger;
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  get(name: string): CredentialIssuer | undefined {
    return this.#byName.get(name);
  }

  /** Rows by the name of their issuer, in order. */
  group(rows: readonly DatasetRow[]): ReadonlyMap<string, readonly DatasetRow[]> {
    const groups = new Map<string, DatasetRow[]>();
    for (const row of rows) {
      const name = text(row.attributes['issuer']);
      const group = groups.get(name) ?? [];
      if (group.push(row) === 1) groups.set(name, group);
    }
    return groups;
  }

  /** Whether any connector of that kind needs raw values. */
  needsRawValue(pick: Pick): boolean {
    return [...this.#byName.values()].some((issuer) => pick(issuer)?.needsRawValue === true);
  }

  /** Subject of a credential's effects: fingerprint of the raw value, or of its id where no value is known. */
  subjectOf({
    issuer,
    issuerId,
    value,
  }: {
    readonly issuer: string;
    readonly issuerId: string;
    readonly value: string | undefined;
  }): string {
    return this.#ledger.incidents.fingerprint(value ?? `${issuer}\n${issuerId}`);
  }

  /** Fingerprints of every raw value that the engine itself works with. */
  ownSubjects(): ReadonlySet<string> {
    const values = [...this.#byName.values()].flatMap((issuer) => issuer.ownValues);
    return new Set(values.map((value) => this.#ledger.incidents.fingerprint(value)));
  }

  /** An act at one issuer, guarded against our own credentials by id. */
  act(action: string, name: string, connector: Connector): Act {
    return {
      action,
      connector,
      bucket: `credentials:${name}`,
      ...this.#lineTo(connector),
      paramsHash: () => digestOf({ action, connector: connector.name }),
      screen: (rows) => this.#screenOwn(name, rows),
    };
  }

  /** Traits of all connectors of that kind taken together; `undefined` where no issuer has one. */
  traits(pick: Pick): ConnectorTraits | undefined {
    const all = [...this.#byName.values()].map(pick).filter((connector) => connector !== undefined);
    return all.length === 0 ? undefined : together(all);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byName.values()].map((issuer) => issuer.close()));
  }

  /** Pages share what an issuer is asked at a time: many pages must not queue where few requests are let through. */
  #lineTo(connector: Connector): Line {
    const known = this.#lines.get(connector);
    if (known) return known;
    const requests = new ConnectionSlots(connector.batch.concurrency);
    const ahead = connector.effect === 'idempotent' ? { connection: requests.take.bind(requests) } : {};
    const claims = new ConnectionSlots(slotsOf({ connector, ...ahead }));
    const line = { slot: claims.take.bind(claims), ...ahead };
    this.#lines.set(connector, line);
    return line;
  }

  async #screenOwn(name: string, rows: readonly DatasetRow[]): Promise<readonly Screened[]> {
    try {
      const own = await this.#ownIdsAt(name);
      return rows
        .filter((row) => own.has(text(row.attributes['issuerId'])))
        .map(({ subject }) => ({ subject, state: 'failed', code: 'EFFECT_OWN_CREDENTIAL' }));
    } catch (error) {
      const code = isCodedError(error) ? error.code : 'CONNECTOR_UNREACHABLE';
      const { kind } = errorEntry(code);
      // Asking again helps where the issuer is away, or its key is renewed; one that has no such answer never gives it.
      const verdict: Omit<Screened, 'subject'> =
        kind === 'retryable' || kind === 'paused'
          ? { state: 'planned', code, waitMs: GUARD_WAIT_MS }
          : { state: 'failed', code: 'CREDENTIALS_GUARD_REFUSED', receipt: { because: code } };
      return rows.map(({ subject }) => ({ subject, ...verdict }));
    }
  }

  /** Ids of our own credentials at an issuer, asked once; a failure is asked again. */
  async #ownIdsAt(name: string): Promise<ReadonlySet<string>> {
    const known = this.#ownIds.get(name);
    if (known) return known;
    const issuer = this.#byName.get(name);
    const asked = (async () => {
      const found = issuer && issuer.ownValues.length > 0 ? ((await issuer.identify?.(issuer.ownValues)) ?? []) : [];
      return new Set(found.flatMap((identified) => (identified ? [identified.issuerId] : [])));
    })();
    this.#ownIds.set(name, asked);
    asked.catch(() => this.#ownIds.delete(name));
    return asked;
  }
}

function together(all: readonly ConnectorTraits[]): ConnectorTraits {
  const lifetimes = all.flatMap(({ keyLifetimeMs }) => (keyLifetimeMs === undefined ? [] : [keyLifetimeMs]));
  return {
    name: [...new Set(all.map(({ name }) => name))].sort().join('+'),
    effect: CLASSES.find((effect) => all.some((traits) => traits.effect === effect)) ?? 'blind',
    checks: all.every(({ checks }) => checks),
    notifiesOwner: all.some(({ notifiesOwner }) => notifiesOwner),
    reversible: all.every(({ reversible }) => reversible),
    needsRawValue: all.some(({ needsRawValue }) => needsRawValue),
    effectDelayMaxMs: Math.max(...all.map(({ effectDelayMaxMs }) => effectDelayMaxMs)),
    endsSessions: all.every(({ endsSessions }) => endsSessions),
    longestRequestMs: Math.max(...all.map(({ longestRequestMs }) => longestRequestMs)),
    ...(lifetimes.length > 0 ? { keyLifetimeMs: Math.min(...lifetimes) } : {}),
  };
}
