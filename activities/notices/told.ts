import { text } from '../credentials/connectors/answers.ts';
import { secretsOf, statesOf, type SecretStates, type Standing } from './view.ts';
import { isJsonObject } from '../../contracts/json.ts';
import type { ActionCall } from '../../contracts/effects.ts';
import type { DatasetRow, PersonSecret } from '../../contracts/dataset.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Ledger } from '../../ledger/ports.ts';

/** Action in the key of a notice's effect. */
export const SENDING = 'notices.send';

/** What a reader is due in this round. */
export interface Due {
  /** What the notice is about; `undefined` where nothing is new and no notice is due. */
  readonly secrets: readonly PersonSecret[] | undefined;
  readonly followUp: boolean;
}

/** Subject of a notice's effect: one for each (notice, round, reader). */
export function noticeSubject(call: Pick<ActionCall, 'with' | 'round'>, row: DatasetRow, round = call.round): string {
  return `${text(call.with['notice'])}/${round}/${row.subject}`;
}

/** What a notice leaves in its receipt: each secret it named, with what it said of it. */
export function toldReceipt(secrets: readonly PersonSecret[], states: SecretStates): JsonObject {
  return { told: Object.fromEntries(secrets.map((secret) => [secret.subject, states.standingOf(secret)])) };
}

/**
 * What each reader is due: in the first round everything; later, for one told before, only what is new or stands otherwise.
 *
 * A notice that came back, or whose fate is unknown, told nobody.
 */
export async function dueOf(
  ledger: Ledger,
  call: Pick<ActionCall, 'incident' | 'with' | 'round'>,
  rows: readonly DatasetRow[],
  states: SecretStates,
): Promise<(row: DatasetRow) => Due> {
  const told = await toldBefore(ledger, call, rows);
  return (row) => {
    const before = told.get(row.subject);
    const secrets = secretsOf(row);
    if (!before) return { secrets, followUp: false };
    const news = secrets.filter((secret) => before.get(secret.subject) !== states.standingOf(secret));
    return { secrets: news.length > 0 ? news : undefined, followUp: true };
  };
}

/** What readers were told in earlier rounds, newest standing of each secret; who was told nothing is absent. */
async function toldBefore(
  ledger: Ledger,
  call: Pick<ActionCall, 'incident' | 'with' | 'round'>,
  rows: readonly DatasetRow[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Standing>>> {
  const told = new Map<string, Map<string, Standing>>();
  for (let round = 1; round < call.round; round += 1) {
    const subjects = new Map(rows.map((row) => [noticeSubject(call, row, round), row.subject]));
    const states = await statesOf(ledger, call.incident, SENDING, [...subjects.keys()]);
    const accepted = [...states].filter(([, state]) => state === 'accepted').map(([subject]) => subject);
    await Promise.all(
      accepted.map(async (subject) => {
        const receipts = await ledger.effects.receipts(call.incident, SENDING, subject);
        const said = receipts.findLast(({ state }) => state === 'accepted')?.body['told'];
        const person = subjects.get(subject) ?? '';
        const known = told.get(person) ?? new Map<string, Standing>();
        for (const [secret, standing] of Object.entries(isJsonObject(said) ? said : {}))
          known.set(secret, standing as Standing);
        told.set(person, known);
      }),
    );
  }
  return told;
}
