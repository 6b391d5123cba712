import { CodedError } from '../../../contracts/errors.ts';
import { READ_BATCH, hintOf } from '../port.ts';
import { isJsonObject, type JsonObject } from '../../../contracts/json.ts';
import { text } from '../connectors/answers.ts';
import { affected, place, toRows, writeParts } from './list.ts';
import type { ActionCall, ActionResult } from '../../../contracts/effects.ts';
import type { DatasetRef, DatasetRow } from '../../../contracts/dataset.ts';
import type { FoundCredential } from '../port.ts';
import type { Ledger } from '../../../ledger/ports.ts';
import type { ListOptions } from './list.ts';

/**
 * `credentials.import`: takes the credentials that came with the start of the incident into a dataset. The door sealed them
 * under the name that the input `upload` holds, or one by one those that alerts brought; each row is `{value, issuer?, kind?, name?, owner?}`.
 *
 * @idempotency the dataset is written under (step, visit); a repeat returns the same one.
 * @throws CREDENTIALS_UPLOAD_UNKNOWN, CREDENTIALS_UPLOAD_INVALID, CONNECTOR_ codes of the issuer that identifies.
 */
export async function importCredentials(call: ActionCall, options: ListOptions): Promise<ActionResult> {
  const upload = text(call.with['upload']);
  const entries = await options.ledger.inventory.datasets(call.incident);
  const sealed = entries.filter(({ step, kind }) => step === upload && kind === 'credentials');
  if (sealed.length === 0)
    throw new CodedError('CREDENTIALS_UPLOAD_UNKNOWN', `${call.step} imports upload "${upload}"`);
  const rows = toRows(call, options, uploaded(options.ledger, call, sealed));
  const refs = await writeParts(
    call,
    options.ledger,
    ['dataset'],
    place(rows, () => ['dataset']),
  );
  return {
    outputs: { ...refs, count: refs['dataset']!.count } as unknown as JsonObject,
    facts: { affectedCredentials: await affected(call, options.ledger) },
  };
}

async function* uploaded(
  ledger: Ledger,
  { incident }: ActionCall,
  sealed: readonly DatasetRef[],
): AsyncIterable<FoundCredential> {
  for (const dataset of sealed)
    for (let from = 0; from < dataset.count; from += READ_BATCH) {
      const rows = await ledger.datasets.read(incident, dataset, { from, to: from + READ_BATCH, open: true });
      yield* rows.map(found);
    }
}

/** @throws CREDENTIALS_UPLOAD_INVALID with the row's number, never its content */
function found({ position, sealed }: DatasetRow): FoundCredential {
  const given = isJsonObject(sealed) ? sealed : {};
  const value = text(given['value']);
  if (value === '') {
    const details = { line: position + 1 };
    throw new CodedError('CREDENTIALS_UPLOAD_INVALID', `credential ${position + 1} has no value`, { details });
  }
  return {
    issuer: text(given['issuer']) || 'own',
    kind: text(given['kind']) || 'unknown',
    name: text(given['name']),
    hint: hintOf(value),
    issuerId: '',
    scopes: [],
    misused: false,
    ownerId: text(given['owner']),
    store: '',
    value,
  };
}
