import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sendNotices } from '../../activities/notices/send.ts';
import { leaseId, permitId, type Digest, type IncidentId, type StepId } from '../../contracts/ids.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';
import type { EffectCounts, PageCall, PageResult } from '../../contracts/effects.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { Mailer } from '../../activities/notices/mailer.ts';

const PAGE = 500; // rows a page, as a rollout has them
const WINDOW = 4; // pages in flight, as a rollout has them

/** The library text that is sent, and who sends it. */
export const TEXT = readFileSync(
  new URL('../../playbooks/library/texts/exposed-secrets.en.md', import.meta.url),
  'utf8',
);
export const FROM = 'Security <security@hub.example.org>';
export const BOUNCES = 'bounces.hub.example.org';
export const SITE = { name: 'hub.example.org', page: 'hub.example.org/security/', contact: 'security@hub.example.org' };

const TEXT_HASH = createHash('sha256').update(TEXT).digest('hex') as Digest;

/** A round to be told: an incident of its own with its people, their one secret each, and the text. */
export interface Round {
  readonly incident: IncidentId;
  readonly people: DatasetRef;
}

/** Prepares a round of that many people, whose secrets are revoked and seen dead. */
export async function prepareRound(ledger: Ledger, messages: number): Promise<Round> {
  const planHash = TEXT_HASH;
  await ledger.documents.putPlan({
    plan: { limits: {} } as never, // a page reads nothing but the limits of its plan
    planHash,
    documents: { [TEXT_HASH]: { kind: 'text', name: 'exposed-secrets/en', body: TEXT } },
  });
  const { incident } = await ledger.incidents.open({
    key: randomBytes(8).toString('hex'),
    requestHash: TEXT_HASH,
    ...{ mode: 'live', playbook: 'bench', planHash, requester: 'bench', inputs: {}, roles: {} },
  });
  const rows = Array.from({ length: messages }, (_, index) => ({
    subject: createHash('sha256').update(`${incident}/${index}`).digest('hex').slice(0, 32),
    attributes: {
      ...{ locale: 'en', relation: 'owner' },
      secrets: [
        { subject: `secret-${index}`, name: 'DEPLOY_KEY', hint: `hf_...${index}`, issuer: 'own', kind: 'read' },
      ],
    },
    sealed: { address: `p${index}@people.example.org`, displayName: `Person ${index}` },
  }));
  const owner = { incident, step: 'people', visit: 1 };
  const { people } = await ledger.datasets.write(owner, { people: { kind: 'people', rows } });
  const secrets = rows.map(({ attributes }) => attributes.secrets[0]!.subject);
  await revokeAll(ledger, incident, secrets);
  await ledger.effects.setPermit(permitId(incident, 'tell', 1), incident, 'open');
  return { incident, people: people! };
}

/** Leaves every secret revoked and seen dead, as a round does before it tells people. */
async function revokeAll(ledger: Ledger, incident: IncidentId, subjects: readonly string[]): Promise<void> {
  const permit = permitId(incident, 'contain', 1);
  await ledger.effects.setPermit(permit, incident, 'open');
  const effect = { incident, action: 'credentials.revoke', class: 'idempotent', longestRequestMs: 1 } as const;
  for (let from = 0; from < subjects.length; from += PAGE) {
    const some = subjects.slice(from, from + PAGE);
    const lease = { id: leaseId(incident, 'contain', 1, from / PAGE), epoch: 1, permit };
    await ledger.effects.takeLease(lease, incident);
    const targets = some.map((subject) => ({ subject, paramsHash: TEXT_HASH }));
    const { mine } = await ledger.effects.claim(lease, effect, targets);
    await ledger.effects.settle(
      lease,
      effect,
      mine.map((claim) => ({ ...claim, state: 'accepted' as const, receipt: {} })),
    );
    const seen = mine.map(({ subject, generation }) => ({ subject, generation, dead: true, receipt: {} }));
    await ledger.effects.observe(incident, 'credentials.revoke', 0, await ledger.effects.now(), seen);
  }
}

/** How telling one round went. */
export interface Told {
  readonly counts: EffectCounts;
  /** Most claims open at a time: from the answer of a claim to the end of its settle. */
  readonly openClaimsMax: number;
  readonly openClaimsLeft: number;
}

/**
 * Tells a round through the action itself, pages and window as in a rollout.
 *
 * @param slots - claims open at a time; as many as connections is what the product does.
 */
export async function tellRound(
  ledger: Ledger,
  mailer: Mailer,
  { incident, people }: Round,
  slots: number,
): Promise<Told> {
  const claims = countingClaims(ledger);
  const options = {
    ...{ ledger: claims.ledger, mailer, sender: { from: FROM, bounceDomain: BOUNCES, connections: slots } },
    siteOf: () => ({ ...SITE, page: SITE.page + incident }),
  };
  const counts = await tellAll(people.count, (page) =>
    sendNotices(callOf({ incident, people }, page), { ...options, attempt: attempt() }),
  );
  const { claimed = 0 } = await ledger.effects.counts(incident, 'notices.send');
  return { counts, openClaimsMax: claims.most(), openClaimsLeft: claimed };
}

let epoch = 0;
function attempt() {
  epoch += 1;
  return { epoch, firstScheduledMs: epoch, signal: new AbortController().signal, heartbeat: () => undefined };
}

function callOf({ incident, people }: Round, page: number): PageCall {
  return {
    ...{ incident, mode: 'live', planHash: TEXT_HASH, step: 'tell' as StepId, visit: 1, round: 1, journal: [] },
    uses: 'notices.send',
    with: { notice: 'exposed-secrets', template: 'exposed-secrets' },
    texts: { 'exposed-secrets/en': TEXT_HASH },
    ...{ facts: {}, roles: {}, dataset: people, page },
    from: page * PAGE,
    to: Math.min((page + 1) * PAGE, people.count),
    first: [],
    onUnknown: 'report',
  };
}

/** Runs pages in a window, and sweeps what they leave. */
async function tellAll(count: number, run: (page: number) => Promise<PageResult>): Promise<EffectCounts> {
  const pages = Array.from({ length: Math.ceil(count / PAGE) }, (_, page) => page);
  const sum: Record<string, number> = {};
  const slot = async (): Promise<void> => {
    for (let page = pages.shift(); page !== undefined; page = pages.shift()) {
      let result = await run(page);
      while (result.left > 0) result = await run(page);
      for (const [state, number] of Object.entries(result.counts)) sum[state] = (sum[state] ?? 0) + number;
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, slot));
  return sum;
}

/** The ledger, with a count of the claims that are open. */
function countingClaims(ledger: Ledger): { readonly ledger: Ledger; most(): number } {
  let open = 0;
  let most = 0;
  const move = (by: number): void => {
    open += by;
    most = Math.max(most, open);
  };
  const { effects } = ledger;
  const claim: typeof effects.claim = async (...given) => {
    const answer = await effects.claim(...given);
    move(answer.mine.length);
    return answer;
  };
  const settle: typeof effects.settle = async (lease, effect, settlements) => {
    await effects.settle(lease, effect, settlements);
    move(-settlements.length);
  };
  const turn: typeof effects.turn =
    effects.turn &&
    (async (lease, effect, settlements, targets) => {
      const answer = await effects.turn!(lease, effect, settlements, targets);
      move(answer.mine.length - settlements.length);
      return answer;
    });
  return { ledger: { ...ledger, effects: { ...effects, claim, settle, ...(turn ? { turn } : {}) } }, most: () => most };
}
