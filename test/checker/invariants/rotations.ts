import { durationTextMs } from '../../../contracts/duration-text.ts';
import { marksOf } from '../effect-keys.ts';
import { planStepOf, stepOfLease, textOf, type Evidence } from '../evidence.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { Judgement } from '../verdict.ts';
import type { IssuerEntry, OutsideRecords } from '../records.ts';

type Told = Exclude<IssuerEntry, { readonly act: 'state' }>;

/** First instant at which something was done about a credential, epoch milliseconds. */
function firstAt(issuer: readonly IssuerEntry[], act: Told['act'], id: string): number | undefined {
  const entries = issuer.filter((entry): entry is Told => entry.act === act && entry.id === id);
  return entries.length === 0 ? undefined : Math.min(...entries.map(({ at }) => Date.parse(at)));
}

/** Ids at their issuer of the credentials that a step rotates, each with the longest wait for its owner. */
function rotatedBy(evidence: Evidence): ReadonlyMap<string, number> {
  const refs = new Map(
    [...evidence.datasets.values()].flatMap(({ targets }) => targets.map(([of, , ref]) => [of, ref])),
  );
  const rotated = evidence.acts.filter(({ action }) => action === 'credentials.issue');
  return new Map(
    rotated.map(({ subject, lease }) => {
      const { revokeAfter } = (planStepOf(evidence, stepOfLease(lease ?? ''))?.with ?? {}) as JsonObject;
      return [refs.get(subject) ?? '', durationTextMs(textOf(revokeAfter)) ?? Infinity];
    }),
  );
}

/**
 * Part of I4: what was issued and handed over is known, and an old credential died only once its owner had the new one: it
 * was confirmed, or had been handed over for as long as the playbook says.
 */
export function judgeRotations(judgement: Judgement, evidence: Evidence, { issuer }: OutsideRecords): void {
  const rotated = rotatedBy(evidence);
  const issues = marksOf(evidence, (action) => action === 'credentials.issue');
  for (const entry of issuer) {
    if (entry.act === 'issue')
      judgement.look(entry.id, issues.has(entry.key) ? undefined : 'a replacement that no effect knows');
    if (entry.act === 'handover')
      judgement.look(entry.id, rotated.has(entry.id) ? undefined : 'handed over, and no effect says so');
  }
  for (const [id, waitMs] of rotated) {
    const diedAt = firstAt(issuer, 'revoke', id);
    if (diedAt === undefined) continue;
    const confirmedAt = firstAt(issuer, 'confirm', id) ?? Infinity;
    const waitedAt = (firstAt(issuer, 'handover', id) ?? Infinity) + waitMs;
    judgement.look(
      id,
      diedAt < Math.min(confirmedAt, waitedAt) ? 'it died before its owner had the replacement' : undefined,
    );
  }
}
