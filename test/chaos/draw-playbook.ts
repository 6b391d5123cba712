import type { SeededRandom } from '../../demo/world/random.ts';
import type { JsonObject } from '../../contracts/json.ts';

type Step = JsonObject & { readonly id: string; readonly uses: string };

const COMMANDER = ['commander'] as const;

/** How long people have at a gate: shorter ones run out and escalate before they answer. */
function drawApproval(random: SeededRandom): JsonObject {
  const within = random.pick(['PT1S', 'PT2S', 'PT15M', 'PT15M']);
  const onExpiry = 'escalate';
  return random.next() < 0.3
    ? { all: ['commander', 'privacy'], within, onExpiry }
    : { any: [...COMMANDER], within, onExpiry };
}

function drawRollout(random: SeededRandom, isCheckable: boolean): JsonObject {
  const canary = random.next() < 0.4 ? random.pick([2, 5, 0.1]) : 0;
  return {
    page: random.pick([3, 10, 25, 500]),
    window: 1 + random.below(4),
    ...(random.next() < 0.3 ? { first: ['misused'] } : {}),
    ...(canary === 0 ? {} : { canary, ...(isCheckable && random.next() < 0.6 ? { holdUntil: 'verified' } : {}) }),
  };
}

/** Steps that find targets, and the expressions of the sets. */
interface Scope {
  readonly steps: readonly Step[];
  /** To be revoked. */
  readonly sets: readonly string[];
  /** To be rotated. */
  readonly services?: string;
}

/** One set, the set sorted in two, or sorted by what services run on. */
function drawScope(random: SeededRandom): Scope {
  const scope: Step = {
    ...{ id: 'scope', needs: [], uses: 'credentials.list' },
    with: { from: 'secrets-store', where: { store: '${{ inputs.store }}' } },
  };
  const luck = random.next();
  if (luck < 0.4) return { steps: [scope], sets: ['scope.dataset'] };
  const sorted: Step = {
    ...{ id: 'sorted', needs: ['scope'], uses: 'credentials.list' },
    with: {
      from: '${{ steps.scope.dataset }}',
      split: luck < 0.7 ? { services: "${{ item.kind == 'service' }}" } : { writers: "${{ item.kind == 'write' }}" },
    },
  };
  if (luck < 0.7) return { steps: [scope, sorted], sets: ['sorted.rest'], services: 'sorted.services' };
  return { steps: [scope, sorted], sets: ['sorted.writers', 'sorted.rest'] };
}

/** What the issuer knows of a set, taken before anything is done to it; in some playbooks. @returns the step to wait for */
function drawSnapshot(
  random: SeededRandom,
  set: string,
  id: string,
): { readonly steps: readonly Step[]; readonly last: string } {
  const [source = ''] = set.split('.');
  if (random.next() < 0.6) return { steps: [], last: source };
  const snapshot: Step = {
    ...{ id, needs: [source], uses: 'evidence.snapshot', within: 'PT10M', onFailure: 'continue' },
    with: { of: `\${{ steps.${set} }}`, include: ['scopes', 'lastUse', 'clients'] },
  };
  return { steps: [snapshot], last: id };
}

/** Replacing a set, handing it over and proving the old ones dead. */
function drawRotation(random: SeededRandom, set: string): readonly Step[] {
  const forEach = `\${{ steps.${set} }}`;
  const { steps, last } = drawSnapshot(random, set, 'preserve-services');
  return [
    ...steps,
    {
      ...{ id: 'services', needs: [last], uses: 'credentials.rotate', forEach },
      ...{ with: { handOver: 'owner', revokeAfter: 'PT4H' }, approval: drawApproval(random) },
    },
    { id: 'prove-services', needs: ['services'], uses: 'credentials.verify', forEach, within: 'PT30M' },
  ];
}

/** Revoking a set and proving it dead, perhaps ending its sessions in between. */
function drawContain(random: SeededRandom, set: string, index: number): readonly Step[] {
  const forEach = `\${{ steps.${set} }}`;
  const { steps, last } = drawSnapshot(random, set, `preserve-${index}`);
  const [act, prove] = [`contain-${index}`, `prove-${index}`];
  const sessions: Step[] =
    random.next() < 0.3 ? [{ id: `sessions-${index}`, needs: [act], uses: 'sessions.end', forEach }] : [];
  return [
    ...steps,
    {
      ...{ id: act, needs: [last], uses: 'credentials.revoke', forEach },
      approval: drawApproval(random),
      ...(random.next() < 0.25
        ? {
            preauthorised: {
              max: 5 + random.below(40),
              kinds: ['read', 'write'],
              until: '2099-12-31',
              signedBy: 'ciso',
            },
          }
        : {}),
      rollout: drawRollout(random, true),
    },
    ...sessions,
    { id: prove, needs: [sessions[0]?.id ?? act], uses: 'credentials.verify', forEach, within: 'PT30M' },
  ];
}

function drawTell(random: SeededRandom, proofs: readonly string[]): readonly Step[] {
  const waits = random.next() < 0.7 ? proofs : [];
  return [
    { id: 'people', needs: ['scope'], uses: 'people.resolve', with: { owners: '${{ steps.scope.dataset }}' } },
    {
      ...{ id: 'tell', needs: ['people', ...waits], uses: 'notices.send', forEach: '${{ steps.people.dataset }}' },
      with: { notice: 'leaked-token', template: 'leaked-token', locale: '${{ item.locale }}' },
      approval: drawApproval(random),
      rollout: drawRollout(random, false),
      onUnknown: random.next() < 0.2 ? 'resend' : 'report',
    },
  ];
}

/** What stands beside: tickets, questions to people, branches. */
function drawBesides(name: string, random: SeededRandom): readonly Step[] {
  const drawn: Step[] = [];
  if (random.next() < 0.6)
    drawn.push({
      ...{ id: 'ticket', needs: ['scope'], uses: 'tickets.open' },
      with: { queue: name, template: 'engagement' },
      onFailure: random.pick(['ask', 'continue']),
    });
  if (random.next() < 0.4)
    drawn.push({
      ...{ id: 'hold', needs: [], uses: 'evidence.hold', onFailure: 'continue' },
      with: { sources: ['audit'], back: 'P90D' },
    });
  if (random.next() < 0.4)
    drawn.push({
      id: 'by-hand',
      needs: [],
      uses: 'manual',
      with: { of: 'commander', text: 'close-entry', due: 'PT1S' },
    });
  if (random.next() < 0.3)
    drawn.push({
      ...{ id: 'many', needs: ['scope'], uses: 'tickets.open', when: '${{ steps.scope.count > 40 }}' },
      with: { queue: name, template: 'engagement' },
    });
  if (random.next() < 0.3)
    drawn.push({
      id: 'asked',
      needs: [],
      uses: 'facts.ask',
      with: { of: 'privacy', keys: ['residents', 'riskToPeople'] },
    });
  return drawn;
}

/**
 * A playbook that lints, drawn from a seed: find, keep, contain, rotate, prove, tell, with evidence, tickets,
 * questions and branches beside.
 */
export function drawPlaybook(name: string, random: SeededRandom): JsonObject {
  const { steps: scope, sets, services } = drawScope(random);
  const contain = [
    ...sets.flatMap((set, index) => drawContain(random, set, index)),
    ...(services === undefined ? [] : drawRotation(random, services)),
  ];
  const proofs = contain.filter(({ uses }) => uses === 'credentials.verify').map(({ id }) => id);
  const tell = random.next() < 0.75 ? drawTell(random, proofs) : [];
  const steps = [...scope, ...contain, ...tell, ...drawBesides(name, random)];
  const close: Step = { id: 'close', needs: steps.map(({ id }) => id), uses: 'incident.close' };
  return {
    apiVersion: 'firebreak/v1',
    kind: 'Playbook',
    metadata: { name, title: `Chaos ${name}`, version: 1 },
    inputs: {
      type: 'object',
      additionalProperties: false,
      required: ['store'],
      properties: { store: { type: 'string', maxLength: 64 } },
    },
    roles: {
      commander: { title: 'Incident commander', required: true },
      privacy: { title: 'Privacy counsel', required: true },
    },
    steps: [...steps, close],
  };
}
