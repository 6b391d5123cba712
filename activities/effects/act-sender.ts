import { setTimeout as sleep } from 'node:timers/promises';
import { CLAIM_FRESH_MS, ageMs, instant, type Instant } from './claim-age.ts';
import { cutPoint } from './cut-point.ts';
import { isCodedError } from '../../contracts/errors.ts';
import { effectKey } from './effect-key.ts';
import { GroupCommit } from './group-commit.ts';
import { applyWithPatience, lookFirst } from './connector-call.ts';
import type { Act, PageScope } from './act.ts';
import type { ApplyTarget } from '../port.ts';
import type { ClaimedEffect, ClaimAnswer, ClaimTarget, Settlement } from '../../ledger/ports.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Outcome } from '../../contracts/effects.ts';
import type { TokenPurse } from './token-purse.ts';

/** First wait before a commit that failed is tried again; doubled up to the longest. */
const REWRITE_FIRST_MS = 50;
const REWRITE_MAX_MS = 2_000;
/** Shortest wait before a target that another page holds is asked for again. */
const ELSEWHERE_FIRST_MS = 1_000;
/** What another page has held for that long without a word is not waited for any more. */
const ELSEWHERE_MAX_MS = 15 * 60_000;

/** Wait for a provider that cannot be used, where the connector names none; doubled with each attempt up to the longest. */
const AWAY_FIRST_MS = 5_000;
const AWAY_MAX_MS = 20_000;

/** Why a target is not settled in this attempt. */
export interface Refusal {
  readonly code: string;
  readonly waitMs?: number;
  /** Attempts so far, where the next one should back off by it. */
  readonly attempt?: number;
  /** Asking again cannot help: what the target counts as, unless it is settled meanwhile. */
  readonly final?: 'failed' | 'unknown';
}

interface Claimed extends ApplyTarget {
  readonly subject: string;
  readonly attempt: number;
}

/** What one caller wants written. */
interface Entry {
  readonly settle?: Settlement;
  readonly claim?: ClaimTarget;
}

/** Claims, sends and settles batches of one act; all slots of the page share its group commits. */
export class ActSender {
  readonly effect: ClaimedEffect;
  readonly #page: PageScope;
  readonly #act: Act;
  readonly #purse: TokenPurse;
  readonly #commits: GroupCommit<Entry, ClaimAnswer>;
  readonly #refusals = new Map<string, Refusal>();
  readonly #settled = new Map<string, Settlement>();
  #putOffMs: number | undefined;

  constructor(page: PageScope, act: Act, purse: TokenPurse) {
    const { effect: effectClass, keyLifetimeMs, longestRequestMs } = act.connector;
    this.effect = {
      incident: page.call.incident,
      action: act.action,
      class: page.call.mode === 'drill' ? 'idempotent' : effectClass, // a drill sends nothing: there is nothing to fear
      longestRequestMs,
      ...(keyLifetimeMs === undefined ? {} : { keyLifetimeMs }),
    };
    this.#page = page;
    this.#act = act;
    this.#purse = purse;
    this.#commits = new GroupCommit((entries) => this.#write(entries));
  }

  /**
   * Writes one group. Outcomes are written again until they are: they cannot be had a second time, and they count whoever
   * holds the lease by then. A claim of which nobody knows whether it was committed is given back and asked for anew.
   */
  async #write(entries: readonly Entry[]): Promise<ClaimAnswer> {
    const settlements = entries.flatMap(({ settle }) => settle ?? []);
    const targets = entries.flatMap(({ claim }) => claim ?? []);
    for (let waitMs = REWRITE_FIRST_MS; ; waitMs = Math.min(waitMs * 2, REWRITE_MAX_MS)) {
      try {
        if (waitMs > REWRITE_FIRST_MS) await this.#giveBackClaims(targets);
        return await this.#commit(settlements, targets);
      } catch (error) {
        const isWorthIt = settlements.length > 0 && isCodedError(error) && error.code === 'LEDGER_UNREACHABLE';
        if (!isWorthIt || this.#page.patienceMs() <= 0) throw error;
        await sleep(waitMs);
      }
    }
  }

  /** Rows of our own that no slot knows of: the claim that took them never got its answer. The ledger sees to it that they are ours. */
  async #giveBackClaims(targets: readonly ClaimTarget[]): Promise<void> {
    if (targets.length === 0) return;
    const { effects } = this.#page.ledger;
    const { lease } = this.#page;
    const { incident, action } = this.effect;
    const subjects = targets.map(({ subject }) => subject);
    const stuck = (await effects.states(incident, action, subjects)).filter(
      (row) => row.state === 'claimed' && row.lease === lease.id,
    );
    if (stuck.length > 0) await effects.settle(lease, this.effect, stuck.map(unsent));
  }

  /** Outcomes and new claims in one commit where the ledger can. */
  async #commit(settlements: readonly Settlement[], targets: readonly ClaimTarget[]): Promise<ClaimAnswer> {
    const { effects } = this.#page.ledger;
    const { lease } = this.#page;
    if (settlements.length > 0 && targets.length > 0 && effects.turn)
      return effects.turn(lease, this.effect, settlements, targets);
    if (settlements.length > 0) await effects.settle(lease, this.effect, settlements);
    return targets.length > 0 ? effects.claim(lease, this.effect, targets) : { open: true, mine: [], others: [] };
  }

  /** Receipts of everything settled here, for the page's Merkle root. */
  receipts(): readonly JsonObject[] {
    return [...this.#settled.values()].map(({ subject, generation, attempt, state, receipt }) => ({
      action: this.#act.action,
      subject,
      generation,
      attempt,
      state,
      receipt,
    }));
  }

  receiptOf(subject: string): JsonObject | undefined {
    return this.#settled.get(subject)?.receipt;
  }

  /** Why a target stays open; for one never reached, the wait of the bucket that stopped the page. */
  refusalOf(subject: string): Refusal | undefined {
    const putOff = this.#putOffMs;
    const settled = this.#settled.get(subject);
    if (settled?.state === 'planned') {
      return { code: settled.code ?? 'EFFECT_OUTCOME_PENDING', ...(settled.waitMs ? { waitMs: settled.waitMs } : {}) };
    }
    return (
      this.#refusals.get(subject) ??
      (putOff === undefined || settled ? undefined : { code: 'CONNECTOR_RATE_LIMITED', waitMs: putOff })
    );
  }

  /** The provider's bucket is empty for longer than the page has time, or the provider is away: the page ends. */
  putOff(waitMs: number): void {
    this.#putOffMs = waitMs;
  }

  get isPutOff(): boolean {
    return this.#putOffMs !== undefined;
  }

  /**
   * One batch from claim to answer.
   *
   * @param owed - outcomes of the slot's batch before: settled in the commit that claims this one.
   * @returns outcomes that are now owed; none, with nothing sent, when lease or permit no longer let us.
   */
  async send(rows: readonly DatasetRow[], owed: readonly Settlement[]): Promise<readonly Settlement[]> {
    const askedAt = instant();
    const claimed = await this.#claim(rows, owed);
    const targets = claimed && (await this.#screen(claimed));
    if (!targets || targets.length === 0) return [];
    const giveBack = await this.#connect();
    try {
      return await this.#sendClaimed(targets, askedAt, giveBack !== undefined);
    } finally {
      giveBack?.();
    }
  }

  /** @returns gives the connection back; `undefined` when the page is to start nothing more. */
  #connect(): Promise<(() => void) | undefined> {
    const { connection } = this.#act;
    return connection ? connection(this.#page.signal) : Promise.resolve(() => undefined);
  }

  async #sendClaimed(
    targets: readonly Claimed[],
    askedAt: Instant,
    isConnected: boolean,
  ): Promise<readonly Settlement[]> {
    if (!isConnected || !(await this.#isStillOurs(askedAt))) {
      await this.settle(targets.map(unsent)); // certain: nothing of it was sent
      if (isConnected) await this.#page.shut();
      return [];
    }
    const { connector } = this.#act;
    const again = connector.effect === 'checkable' ? targets.filter((target) => target.attempt > 1) : [];
    const looked = await lookFirst(this.#page, connector, again);
    const stands = await this.#settlementsOf(targets, looked.outcomes);
    const rest = targets.filter((target) => !looked.answered.has(target.row.subject));
    if (rest.length === 0) return stands;
    const outcomes = await applyWithPatience(this.#page, connector, rest);
    cutPoint('answer-read');
    return [...stands, ...(await this.#settlementsOf(rest, outcomes))];
  }

  /** A young claim cannot have been overtaken; for an older one the ledger is asked. */
  async #isStillOurs(askedAt: Instant): Promise<boolean> {
    return ageMs(askedAt) <= CLAIM_FRESH_MS || this.#page.ledger.effects.holdsLease(this.#page.lease);
  }

  /** Settles what a slot still owes, where no claim follows that could take it along. */
  async settle(settlements: readonly Settlement[]): Promise<void> {
    const due = settlements.filter((settlement) => this.#settled.get(settlement.subject) !== settlement);
    if (due.length === 0) return;
    await this.#commits.add(due.map((settle) => ({ settle })));
    this.#keep(due);
  }

  /** @returns what is ours to act on, or `undefined` when the page must stop. */
  async #claim(rows: readonly DatasetRow[], owed: readonly Settlement[]): Promise<readonly Claimed[] | undefined> {
    const { call } = this.#page;
    const bySubject = new Map(rows.map((row) => [this.#act.subject?.(row) ?? row.subject, row]));
    cutPoint('before-claim');
    const answer = await this.#commits.add([
      ...owed.map((settle) => ({ settle })),
      ...[...bySubject].map(([subject, row]) => ({ claim: { subject, paramsHash: this.#act.paramsHash(row) } })),
    ]);
    this.#keep(owed);
    if (!answer.open) {
      await this.#page.shut();
      return undefined;
    }
    cutPoint('after-claim');
    for (const other of answer.others) {
      if (bySubject.has(other.subject)) this.#refuse(other);
    }
    return answer.mine.flatMap(({ subject, generation, attempt }) => {
      const row = bySubject.get(subject);
      const key = effectKey(call.incident, this.#act.action, subject, generation);
      return row ? [{ row, key, generation, subject, attempt }] : [];
    });
  }

  #refuse(other: ClaimAnswer['others'][number]): void {
    if (other.paramsChanged) this.#refusals.set(other.subject, { code: 'EFFECT_PARAMS_CHANGED', final: 'failed' });
    else if (other.elsewhere) this.#refusals.set(other.subject, elsewhere(other.heldMs ?? 0));
    else if (other.notBefore !== undefined) {
      const waitMs = Math.max(0, Date.parse(other.notBefore) - Date.now());
      this.#refusals.set(other.subject, { code: 'CONNECTOR_RATE_LIMITED', waitMs });
    } else if (other.state === 'claimed') this.#refusals.set(other.subject, { code: 'EFFECT_OUTCOME_PENDING' });
  }

  /** Settles what must not be sent. @returns the others. */
  async #screen(claimed: readonly Claimed[]): Promise<readonly Claimed[]> {
    const verdicts: Settlement[] = [];
    const own = claimed.filter((target) => this.#page.ownCredentials.has(target.row.subject));
    for (const target of own) verdicts.push(verdict(target, 'failed', 'EFFECT_OWN_CREDENTIAL'));
    let open = claimed.filter((target) => !own.includes(target));
    if (this.#page.call.mode !== 'live') {
      for (const target of open) verdicts.push(verdict(target, 'withheld', 'EFFECT_DRILL_FENCED'));
      open = [];
    }
    const screened = open.length > 0 ? await this.#act.screen?.(open.map((target) => target.row)) : undefined;
    for (const { subject, state, code, waitMs, receipt } of screened ?? []) {
      const target = open.find((candidate) => candidate.row.subject === subject);
      if (!target) continue;
      verdicts.push({ ...verdict(target, state, code, receipt), ...(waitMs === undefined ? {} : { waitMs }) });
      open = open.filter((candidate) => candidate !== target);
    }
    await this.settle(verdicts);
    return open;
  }

  /** What outcomes mean. An unclear one of a class that can be asked again stays claimed, for the next attempt. */
  async #settlementsOf(targets: readonly Claimed[], outcomes: readonly Outcome[]): Promise<readonly Settlement[]> {
    const settlements: Settlement[] = [];
    for (const outcome of outcomes) {
      const target = targets.find((candidate) => candidate.row.subject === outcome.subject);
      if (!target) continue;
      const { state, code, waitMs, receipt } = outcome;
      if (state === 'unknown' && this.#act.connector.effect !== 'blind') {
        this.#refusals.set(target.subject, { code: code ?? 'EFFECT_OUTCOME_PENDING', attempt: target.attempt });
        continue;
      }
      settlements.push({
        ...verdict(target, state, code, receipt),
        ...(state === 'planned'
          ? { waitMs: this.#isAway(code) ? growing(waitMs, target.attempt) : (waitMs ?? 0) }
          : {}),
      });
    }
    await this.#quieten(settlements);
    return settlements;
  }

  /** Whether an end says that the provider cannot be used at all. */
  #isAway(code: string | undefined): boolean {
    return this.#act.awayCodes?.some((one) => one === code) ?? false;
  }

  /** Leaves the provider alone, in every worker, for as long as it wants or is likely to be away. */
  async #quieten(settlements: readonly Settlement[]): Promise<void> {
    const longest = (some: (code: string | undefined) => boolean): number =>
      Math.max(0, ...settlements.map(({ code, waitMs = 0 }) => (some(code) ? waitMs : 0)));
    const awayMs = longest((code) => this.#isAway(code));
    const quietMs = longest((code) => code === 'CONNECTOR_RATE_LIMITED' || this.#isAway(code));
    if (quietMs > 0) await this.#purse.block(quietMs).catch(() => undefined); // the outcomes are worth more than the pause
    if (awayMs > 0) this.putOff(awayMs);
  }

  #keep(settlements: readonly Settlement[]): void {
    for (const settlement of settlements) this.#settled.set(settlement.subject, settlement);
  }
}

/** A provider that stays away is asked less and less often, but soon enough to go on within a minute of its return. */
function growing(waitMs = AWAY_FIRST_MS, attempt: number): number {
  return Math.min(waitMs * 2 ** Math.min(attempt - 1, 8), Math.max(waitMs, AWAY_MAX_MS));
}

/** Waits as long as it has been held, so that the waits grow; at some time nobody can say what the other page did. */
function elsewhere(heldMs: number): Refusal {
  const code = 'EFFECT_ELSEWHERE';
  return heldMs >= ELSEWHERE_MAX_MS
    ? { code, final: 'unknown' }
    : { code, waitMs: Math.max(ELSEWHERE_FIRST_MS, heldMs) };
}

/** Back to planned, with certainty that nothing happened. */
function unsent({ subject, generation, attempt }: Pick<Settlement, 'subject' | 'generation' | 'attempt'>): Settlement {
  return { subject, generation, attempt, state: 'planned', code: 'EFFECT_TIME_BUDGET', receipt: { sent: false } };
}

function verdict(target: Claimed, state: Settlement['state'], code?: string, receipt: JsonObject = {}): Settlement {
  const { subject, generation, attempt } = target;
  return { subject, generation, attempt, state, receipt, ...(code === undefined ? {} : { code }) };
}
