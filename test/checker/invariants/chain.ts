import { createHash } from 'node:crypto';
import { verifyBundle } from '../../../cli/bundle-verify.ts';
import { canonicalJson } from '../../../contracts/json.ts';
import { Judgement, type Verdict } from '../verdict.ts';
import { planStepOf, textOf, type Evidence, type EvidenceDataset } from '../evidence.ts';

const LEAF_ROWS = 500; // targets a leaf of a dataset's digest: contracts/dataset.ts

function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Digest of a dataset from its targets: Merkle root over leaves of 500. @source RFC 6962 section 2.1 */
function digestOf({ targets }: EvidenceDataset): string {
  let level: Buffer[] = [];
  for (let from = 0; from < targets.length; from += LEAF_ROWS) {
    const rows = targets.slice(from, from + LEAF_ROWS);
    level.push(
      sha256(Uint8Array.of(0), ...rows.map(([subject, commitment]) => sha256(subject, Buffer.from(commitment, 'hex')))),
    );
  }
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const [left, right] = [level[index]!, level[index + 1]];
      above.push(right ? sha256(Uint8Array.of(1), left, right) : left);
    }
    level = above;
  }
  return (level[0] ?? sha256()).toString('hex');
}

/** I6: the chain verifies, against the anchor where there is one, and the datasets are those that it names. */
export async function judgeChain(evidence: Evidence, bundle: string, anchor: string | undefined): Promise<Verdict> {
  const judgement = new Judgement('I6');
  const verdict = await verifyBundle(bundle, anchor === undefined ? {} : { anchor });
  judgement.look(evidence.manifest.incident, verdict.ok ? undefined : `[${verdict.code}] ${verdict.why}`);
  const isTold = evidence.manifest.audience === 'auditor';
  for (const dataset of evidence.datasets.values())
    if (isTold)
      judgement.look(dataset.id, digestOf(dataset) === dataset.digest ? undefined : 'targets do not give its digest');
  return judgement.end('there is no bundle');
}

/**
 * Part of I8: a step began only after the steps that it needs had ended, and one of a child playbook only after the step that
 * runs the child had begun. A step that was skipped has no end, and is not waited for.
 */
function judgeOrder(judgement: Judgement, evidence: Evidence): void {
  const [begun, ended] = [new Map<string, number>(), new Map<string, number>()];
  for (const { kind, seq, body } of evidence.records) {
    const first = kind === 'step.started' ? begun : kind === 'step.ended' ? ended : undefined;
    const step = textOf(body['step']);
    if (first && !first.has(step)) first.set(step, seq);
  }
  for (const [step, seq] of begun) {
    const folder = step.slice(0, step.lastIndexOf('/') + 1);
    const needs = (planStepOf(evidence, step)?.needs ?? []).map((need) => folder + need.step.split('/').at(-1)!);
    const early = needs.find((need) => (ended.get(need) ?? 0) > seq);
    judgement.look(step, early === undefined ? undefined : 'it began before a step that it needs had ended');
    const [parent = ''] = step.split('/');
    if (parent !== step)
      judgement.look(step, (begun.get(parent) ?? Infinity) < seq ? undefined : 'it began before its playbook was run');
  }
}

/** I8: the plan in the bundle has the hash under which the incident was opened, and its steps came in its order. */
export function judgePlan(evidence: Evidence): Verdict {
  const { manifest, plan, records } = evidence;
  const judgement = new Judgement('I8');
  if (!plan) return judgement.end('the bundle holds no plan');
  const hash = sha256(canonicalJson(plan)).toString('hex');
  const opened = records[0]?.body['planHash'];
  judgement.look(
    manifest.planHash,
    hash === manifest.planHash ? undefined : 'the plan does not have the hash that names it',
  );
  judgement.look(manifest.planHash, opened === hash ? undefined : 'the incident was opened under another plan');
  judgeOrder(judgement, evidence);
  return judgement.end('');
}
