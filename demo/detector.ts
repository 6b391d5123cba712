import { createHmac, randomUUID } from 'node:crypto';
import { WORLD_KEYS } from './world.ts';

/** The demo's detection system: what the house lets it start. Its key lies in the environment of the gateway. */
export const DEMO_DETECTOR = {
  name: 'scout',
  scheme: 'standard-webhooks',
  keys: [`env:${WORLD_KEYS.detector}`],
  playbooks: ['exposed-secrets'],
  modes: ['live'],
  severity: 'high',
  rules: [
    {
      when: "${{ event.kind == 'store-exposed' }}",
      playbook: 'exposed-secrets',
      inputs: { store: '${{ event.fields.store }}', detected: { at: '${{ event.time }}' } },
    },
  ],
} as const;

const REQUEST_TIMEOUT_MS = 30_000;

/** What the gateway answered to an alert. */
export interface AlertAnswer {
  readonly results: readonly { readonly outcome: string; readonly incident?: string }[];
}

/**
 * Posts an alert that a store was exposed, signed as Standard Webhooks says.
 *
 * @param gateway - base URL.
 * @param key - `whsec_` and base64.
 * @source standardwebhooks.com, specification 1.0.0
 */
export async function postAlert(
  gateway: string,
  key: string,
  { store, detectedAt }: { readonly store: string; readonly detectedAt: string },
): Promise<AlertAnswer> {
  const [id, timestamp] = [randomUUID(), String(Math.floor(Date.now() / 1_000))];
  const alert = { id, kind: 'store-exposed', time: detectedAt, severity: 'high', fields: { store } };
  const body = JSON.stringify(alert);
  const secret = Buffer.from(key.slice('whsec_'.length), 'base64');
  const mac = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  const answer = await fetch(`${gateway}/v1/detectors/${DEMO_DETECTOR.name}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${mac}`,
    },
    body,
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const text = await answer.text();
  if (answer.status !== 202) throw new Error(`the alert was answered ${answer.status}: ${text}`);
  return JSON.parse(text) as AlertAnswer;
}
