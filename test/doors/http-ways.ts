import { apiKey } from '../unit/gateway/stand.ts';
import type { Attempt, Way, Ways } from './attempts.ts';
import { questionFor } from './matrix-playbook.ts';
import type { MatrixStand } from './matrix-stand.ts';

let requests = 0;

/** What is said of every act, so that its effect is known again. */
export const REASON = 'by the matrix';

async function answerOf(answer: Response): Promise<Attempt> {
  const text = await answer.text();
  if (answer.ok) return { code: undefined, text };
  const { code, detail } = JSON.parse(text) as { readonly code?: string; readonly detail?: string };
  return { code: code ?? `HTTP ${answer.status}`, text: detail ?? '' };
}

/** Everything that the HTTP API can be asked for. */
export function httpWays({ url }: MatrixStand): Ways {
  const headersOf = (key: string, type = 'application/json'): Record<string, string> => {
    requests += 1;
    return {
      authorization: `Bearer ${apiKey(key)}`,
      'content-type': type,
      'idempotency-key': `matrix-${requests}`,
    };
  };
  const post =
    (path: (lane: Parameters<Way>[1]) => string, body: (lane: Parameters<Way>[1]) => object): Way =>
    async ({ key }, lane) =>
      answerOf(
        await fetch(`${url}${path(lane)}`, {
          method: 'POST',
          headers: headersOf(key),
          body: JSON.stringify(body(lane)),
        }),
      );
  const at =
    (rest: string) =>
    ({ incident }: Parameters<Way>[1]): string =>
      `/v1/incidents/${incident}${rest}`;
  const said =
    (more: object = {}) =>
    (): object => ({ reason: REASON, ...more });

  return {
    start: post(
      () => '/v1/incidents',
      () => ({ playbook: 'doors-matrix' }),
    ),
    read: async ({ key }, lane) =>
      answerOf(await fetch(`${url}${at('')(lane)}`, { headers: { authorization: `Bearer ${apiKey(key)}` } })),
    decide: post(at('/decisions'), ({ gate }) => ({ gate: gate.id, digest: gate.digest, answer: 'approve' })),
    fact: post(at('/facts'), ({ incident }) => ({ key: 'measuresTaken', value: `${REASON} of ${incident}` })),
    resolve: post(
      ({ incident, role }) => `/v1/incidents/${incident}/steps/${questionFor(role)}/resolution`,
      () => ({ answer: 'done', values: { natureOfBreach: REASON } }),
    ),
    amend: post(at('/amendments'), said({ run: 'again' })),
    undo: post(at('/amendments'), said({ undo: ['note'] })),
    stop: post(at('/stop'), said()),
    resume: post(at('/resume'), said()),
    pause: post(at('/steps/contain/rollout/pause'), said()),
    steer: post(at('/steps/contain/rollout/resume'), said()),
    export: post(at('/bundle'), () => ({})),
    decode: post(
      () => '/codec/decode',
      ({ incident }) => ({ payloads: [], of: incident }),
    ),
    hold: post(at('/holds'), () => ({ audience: 'everyone', basis: REASON })),
    reconcile: post(
      () => '/v1/reconcile',
      () => ({}),
    ),
    audit: async ({ key }) =>
      answerOf(await fetch(`${url}/v1/audit`, { headers: { authorization: `Bearer ${apiKey(key)}` } })),
    bounce: async ({ key }, { incident }) =>
      answerOf(
        await fetch(`${url}/v1/bounces?recipient=${incident}@people.example`, {
          method: 'POST',
          headers: headersOf(key, 'message/rfc822'),
          body: 'a report',
        }),
      ),
  };
}
