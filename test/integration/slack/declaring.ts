import { chosen, typed, type Deliveries } from '../../../demo/world/slack/deliveries.ts';

/** The form of a start, filled in. */
export const FORM = {
  playbook: chosen('store-entered', 'fb_pick_playbook'),
  'in:store': typed('ci-secrets'),
  mode: chosen('live'),
};
/** The view that holds the form. */
export const DECLARE = { callback_id: 'fb_declare', private_metadata: '{"m":"live"}' };
/** Slack's own patience, milliseconds. */
export const ACK_WITHIN_MS = 3_000;

/** What came back, as text to be searched. */
export function textOf(value: unknown): string {
  return JSON.stringify(value);
}

/** Declares an incident as a person does: form, preview, start. @returns its id */
export async function declareBy(from: Deliveries, person = 'dana'): Promise<string> {
  const pushed = await from.submit(person, { ...DECLARE, id: `V0${Math.random()}` }, FORM);
  const preview = pushed.json['view'] as object;
  const started = await from.submit(person, { ...preview, id: 'V0PREVIEW' }, {});
  return /INC-\d{4}-\d+/.exec(textOf(started.json))![0];
}
