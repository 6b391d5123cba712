import type {
  ClaimedEffect,
  ClaimAnswer,
  EffectRow,
  EffectStore,
  Lease,
  PermitMarks,
  PermitRow,
  PermitState,
  Settlement,
} from '../../ledger/ports.ts';
import type { Digest, IncidentId } from '../../contracts/ids.ts';
import type { EffectState } from '../../contracts/effects.ts';
import type { JsonObject } from '../../contracts/json.ts';

interface Row {
  subject: string;
  state: EffectState;
  generation: number;
  attempt: number;
  lease: string;
  epoch: number;
  paramsHash: Digest;
  firstClaimMs: number | undefined;
  claimedMs: number;
  settledMs: number | undefined;
  notBeforeMs: number;
  code: string | undefined;
}

interface Receipt {
  readonly at: string;
  readonly kind: string;
  readonly state: string;
  readonly body: JsonObject;
}

/** The rules of the effect store in memory, for unit tests of what stands on it; the real one is tested in the ledger. */
export class MemoryEffects implements EffectStore {
  readonly rows = new Map<string, Row>();
  readonly permits = new Map<string, PermitRow & { readonly turn?: number }>();
  readonly blocked = new Map<string, number>();
  /** Sizes of the claims and settles that were committed, in order. */
  readonly commits: { readonly kind: 'claim' | 'settle'; readonly size: number }[] = [];
  readonly #leases = new Map<string, number>();
  readonly #receipts = new Map<string, Receipt[]>();
  readonly #limits = new Map<string, { used: number; max: number }>();
  readonly #reserved = new Map<string, number>();
  /** Milliseconds since 1970; tests may move it. */
  clockMs = Date.parse('2026-05-01T00:00:00Z');

  async setPermit(
    permit: string,
    _incident: IncidentId,
    state: PermitState,
    gate?: Digest,
    turn?: number,
    marks: PermitMarks = {},
  ): Promise<void> {
    const { turn: stands = 0, ...before } = this.permits.get(permit) ?? {};
    if (turn !== undefined && turn <= stands) return;
    const { ceiling, ...kept } = { ...before, ...marks };
    const isCapped = marks.proven === undefined && ceiling !== undefined;
    this.permits.set(permit, { ...kept, ...(isCapped ? { ceiling } : {}), state, gate, turn: turn ?? stands });
  }

  async readPermit(permit: string): ReturnType<EffectStore['readPermit']> {
    return this.permits.get(permit);
  }

  async takeLease(lease: Lease): Promise<void> {
    if ((this.#leases.get(lease.id) ?? 0) > lease.epoch) throw Object.assign(new Error('lost'), { code: 'LEASE_LOST' });
    this.#leases.set(lease.id, lease.epoch);
  }

  async holdsLease(lease: Lease): Promise<boolean> {
    return this.#leases.get(lease.id) === lease.epoch && this.permits.get(lease.permit)?.state === 'open';
  }

  async claim(...[lease, effect, targets]: Parameters<EffectStore['claim']>): Promise<ClaimAnswer> {
    this.commits.push({ kind: 'claim', size: targets.length });
    await new Promise(setImmediate);
    if (!(await this.holdsLease(lease))) return { open: false, mine: [], others: [] };
    const mine: ClaimAnswer['mine'][number][] = [];
    const others: ClaimAnswer['others'][number][] = [];
    for (const { subject, paramsHash } of targets) {
      const key = keyOf(effect.incident, effect.action, subject);
      const row = this.rows.get(key);
      if (row && !(row.paramsHash === paramsHash && this.#takeable(row, lease, effect))) {
        others.push({
          subject,
          state: row.state,
          ...(row.state === 'claimed' && row.lease !== lease.id
            ? { elsewhere: true, heldMs: this.clockMs - row.claimedMs }
            : { elsewhere: false }),
          notBefore: row.notBeforeMs > this.clockMs ? new Date(row.notBeforeMs).toISOString() : undefined,
          paramsChanged: row.paramsHash !== paramsHash,
        });
        continue;
      }
      const next = row ?? newRow(subject, paramsHash, this.clockMs);
      Object.assign(next, { state: 'claimed', lease: lease.id, epoch: lease.epoch, claimedMs: this.clockMs });
      next.firstClaimMs ??= this.clockMs;
      if (row) next.attempt += 1;
      this.rows.set(key, next);
      mine.push({ subject, generation: next.generation, attempt: next.attempt });
    }
    return { open: true, mine, others };
  }

  #takeable(row: Row, lease: Lease, effect: ClaimedEffect): boolean {
    if (row.state === 'planned')
      return row.notBeforeMs <= this.clockMs && !(effect.class === 'keyed' && this.#expired(row, effect));
    if (row.state !== 'claimed' || row.lease !== lease.id || row.epoch >= lease.epoch) return false;
    if (effect.class === 'idempotent') return true;
    if (effect.class === 'keyed') return !this.#expired(row, effect);
    return effect.class === 'checkable' && row.claimedMs + effect.longestRequestMs <= this.clockMs;
  }

  #expired(row: Row, effect: ClaimedEffect): boolean {
    return (
      row.firstClaimMs !== undefined &&
      row.firstClaimMs + (effect.keyLifetimeMs ?? 0) - effect.longestRequestMs <= this.clockMs
    );
  }

  async recover(...[lease, effect, subjects]: Parameters<EffectStore['recover']>): Promise<readonly string[]> {
    return subjects.filter((subject) => {
      const row = this.rows.get(keyOf(effect.incident, effect.action, subject));
      const isPutOff = row?.state === 'planned' && effect.class === 'keyed';
      if (!row || (!isPutOff && (row.state !== 'claimed' || row.lease !== lease.id || row.epoch >= lease.epoch)))
        return false;
      if (effect.class !== 'blind' && !(effect.class === 'keyed' && this.#expired(row, effect))) return false;
      Object.assign(row, { state: 'unknown', settledMs: this.clockMs, code: 'EFFECT_ATTEMPT_LOST' });
      return true;
    });
  }

  async settle(
    lease: Lease,
    effect: { readonly incident: IncidentId; readonly action: string },
    settlements: readonly Settlement[],
  ): Promise<void> {
    this.commits.push({ kind: 'settle', size: settlements.length });
    await new Promise(setImmediate);
    for (const { subject, generation, state, code, waitMs, receipt } of settlements) {
      const key = keyOf(effect.incident, effect.action, subject);
      const row = this.rows.get(key);
      this.#receive(key, { kind: 'outcome', state, body: receipt });
      if (row?.lease !== lease.id || row.epoch !== lease.epoch || row.generation !== generation) continue;
      if (row.state !== 'claimed' && (row.state !== 'unknown' || state === 'planned')) continue;
      Object.assign(row, { state, code, settledMs: this.clockMs });
      if (state === 'planned' && row.firstClaimMs === row.claimedMs) row.firstClaimMs = undefined;
      row.notBeforeMs = state === 'planned' ? this.clockMs + (waitMs ?? 0) : 0;
    }
  }

  async now(): Promise<string> {
    return new Date(this.clockMs).toISOString();
  }

  async observe(...args: Parameters<EffectStore['observe']>): Promise<readonly EffectRow[]> {
    const [incident, action, effectDelayMaxMs, startedAt, observations] = args;
    const moved: EffectRow[] = [];
    for (const { subject, dead, notice, generation, receipt } of observations) {
      const key = keyOf(incident, action, subject);
      this.#receive(key, { kind: 'observation', state: notice ?? String(dead), body: receipt });
      const row = this.rows.get(key);
      const startedMs = Date.parse(startedAt);
      if (row?.generation !== generation || startedMs < (row.settledMs ?? Infinity)) continue;
      if (notice !== undefined && ['accepted', 'unknown'].includes(row.state)) row.state = notice;
      else if (dead === undefined) continue;
      else if (dead && ['accepted', 'unknown', 'refuted'].includes(row.state)) row.state = 'verified';
      else if (
        !dead &&
        ['accepted', 'unknown'].includes(row.state) &&
        startedMs >= (row.settledMs ?? 0) + effectDelayMaxMs
      )
        row.state = 'refuted';
      else continue;
      moved.push(toEffectRow(row));
    }
    return moved;
  }

  async reopen(...[incident, action, subjects, guard]: Parameters<EffectStore['reopen']>): Promise<readonly string[]> {
    if (guard && !(await this.holdsLease(guard.lease))) return [];
    return subjects.filter((subject) => {
      const row = this.rows.get(keyOf(incident, action, subject));
      if (guard && (row?.generation !== guard.generation || row.epoch >= (guard.claimedBefore ?? Infinity)))
        return false;
      if (!row || !['failed', 'unknown', 'refuted', 'bounced', 'withheld'].includes(row.state)) return false;
      Object.assign(row, { state: 'planned', generation: row.generation + 1, notBeforeMs: 0, firstClaimMs: undefined });
      return true;
    });
  }

  async reopenStep(incident: IncidentId, step: string, states: readonly EffectState[]): Promise<number> {
    const rows = this.#ofStep(incident, step, states);
    for (const [, row] of rows)
      Object.assign(row, { state: 'planned', generation: row.generation + 1, notBeforeMs: 0, firstClaimMs: undefined });
    return rows.length;
  }

  async unsettled(
    ...[incident, step, states, limit]: Parameters<EffectStore['unsettled']>
  ): ReturnType<EffectStore['unsettled']> {
    const rows = this.#ofStep(incident, step, states);
    const targets = rows.map(([key, { subject, state, generation, code }]) => ({
      ...{ action: key.split(' ')[1]!, subject, state, generation, code },
    }));
    return { total: rows.length, targets: targets.slice(0, limit) };
  }

  #ofStep(incident: IncidentId, step: string, states: readonly EffectState[]): readonly (readonly [string, Row])[] {
    return [...this.rows].filter(
      ([, row]) => row.lease.startsWith(`${incident}/${step}#`) && states.includes(row.state),
    );
  }

  async states(incident: IncidentId, action: string, subjects: readonly string[]): Promise<readonly EffectRow[]> {
    return subjects.flatMap((subject) => {
      const row = this.rows.get(keyOf(incident, action, subject));
      return row ? [toEffectRow(row)] : [];
    });
  }

  async counts(incident: IncidentId, action: string): ReturnType<EffectStore['counts']> {
    const counts: Partial<Record<EffectState, number>> = {};
    for (const [key, row] of this.rows) {
      if (key.startsWith(keyOf(incident, action, ''))) counts[row.state] = (counts[row.state] ?? 0) + 1;
    }
    return counts;
  }

  async codes(incident: IncidentId, action: string): Promise<Readonly<Record<string, number>>> {
    const codes: Record<string, number> = {};
    for (const [key, { code }] of this.rows) {
      if (code !== undefined && key.startsWith(keyOf(incident, action, ''))) codes[code] = (codes[code] ?? 0) + 1;
    }
    return codes;
  }

  async subjects(...[incident, action, states, limit]: Parameters<EffectStore['subjects']>): Promise<string[]> {
    return [...this.rows]
      .filter(([key, row]) => key.startsWith(keyOf(incident, action, '')) && states.includes(row.state))
      .map(([, row]) => row.subject)
      .slice(0, limit);
  }

  async unsummarised(): Promise<readonly JsonObject[]> {
    return []; // the real one reads the journal beside
  }

  async receipts(incident: IncidentId, action: string, subject: string): Promise<readonly Receipt[]> {
    return this.#receipts.get(keyOf(incident, action, subject)) ?? [];
  }

  async reserve(lease: Lease, incident: IncidentId, action: string, wanted: number): Promise<number> {
    const limit = this.#limits.get(keyOf(incident, action, ''));
    if (!limit) return wanted;
    const before = this.#reserved.get(lease.id) ?? 0;
    const granted = Math.min(wanted, before + Math.max(0, limit.max - limit.used));
    limit.used += granted - before;
    this.#reserved.set(lease.id, granted);
    return granted;
  }

  async setLimit(incident: IncidentId, action: string, max: number): Promise<void> {
    const used = this.#limits.get(keyOf(incident, action, ''))?.used ?? 0;
    this.#limits.set(keyOf(incident, action, ''), { used, max });
  }

  async takeTokens(bucket: string, wanted: number): ReturnType<EffectStore['takeTokens']> {
    const waitMs = (this.blocked.get(bucket) ?? 0) - performance.now();
    return waitMs > 0 ? { granted: 0, waitMs } : { granted: wanted, waitMs: 0 };
  }

  async askRate(): Promise<void> {
    // tokens of a memory store are never short
  }

  async blockBucket(bucket: string, forMs: number): Promise<void> {
    this.blocked.set(bucket, performance.now() + forMs);
  }

  #receive(key: string, receipt: Omit<Receipt, 'at'>): void {
    const list = this.#receipts.get(key) ?? [];
    list.push({ at: new Date(this.clockMs).toISOString(), ...receipt });
    this.#receipts.set(key, list);
  }
}

function keyOf(incident: IncidentId, action: string, subject: string): string {
  return `${incident} ${action} ${subject}`;
}

function newRow(subject: string, paramsHash: Digest, nowMs: number): Row {
  return {
    subject,
    state: 'planned',
    generation: 1,
    attempt: 1,
    lease: '',
    epoch: 0,
    paramsHash,
    firstClaimMs: nowMs,
    claimedMs: nowMs,
    settledMs: undefined,
    notBeforeMs: 0,
    code: undefined,
  };
}

function toEffectRow(row: Row): EffectRow {
  const { subject, state, generation, attempt, code, lease } = row;
  const settledAt = row.settledMs === undefined ? undefined : new Date(row.settledMs).toISOString();
  return { subject, state, generation, attempt, settledAt, code, lease };
}
