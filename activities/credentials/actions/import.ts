import { CodedError } from '../../../contracts/errors.ts';
import { hintOf } from '../port.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import { text } from '../connectors/answers.ts';
import { toRows, writeParts } from './list.ts';
import type { ActionCall, ActionResult } from '../../../contracts/effects.ts';
import type { FoundCredential } from '../port.ts';
import type { ListOptions } from './list.ts';

/**
 * `credentials.import`: takes an upload of the incident (JSON Lines, one credential a line) into a dataset.
 *
 * @idempotency the dataset is written under (step, visit); a repeat returns the same one.
 * @throws CREDENTIALS_UPLOAD_UNKNOWN, CREDENTIALS_UPLOAD_INVALID, CONNECTOR_ codes of the issuer that identifies.
 */
export async function importCredentials(call: ActionCall, options: ListOptions): Promise<ActionResult> {
  const upload = text(call.with['upload']);
  const document = await options.ledger.documents.get(call.incident, upload);
  if (!document) throw new CodedError('CREDENTIALS_UPLOAD_UNKNOWN', `${call.step} imports upload "${upload}"`);
  const lines = Buffer.from(document.body).toString('utf8').split('\n');
  const found = lines.flatMap((line, index) => (line.trim() === '' ? [] : [uploaded(line, index + 1)]));
  const rows = await toRows(call, options, found);
  const refs = await writeParts(call, options.ledger, { dataset: rows });
  return { outputs: { ...refs, count: rows.length }, facts: { affectedCredentials: rows.length } };
}

/** @throws CREDENTIALS_UPLOAD_INVALID with the line's number, never its text */
function uploaded(line: string, number: number): FoundCredential {
  const parsed = parse(line);
  const value = text(parsed?.['value']);
  if (!parsed || value === '') {
    throw new CodedError('CREDENTIALS_UPLOAD_INVALID', `line ${number} has no "value"`, { details: { line: number } });
  }
  return {
    issuer: text(parsed['issuer']) || 'own',
    kind: text(parsed['kind']) || 'unknown',
    name: text(parsed['name']),
    hint: hintOf(value),
    issuerId: text(parsed['issuerId']),
    scopes: [],
    misused: parsed['misused'] === true,
    ownerId: text(parsed['owner']),
    store: '',
    value,
  };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined; // reported by the caller with the line's number; the parser's message would quote the line
  }
}
