import { createHash } from 'node:crypto';
import {
  BY_HAND,
  offlineLineText,
  type HandEntry,
  type HandEvidence,
  type HandRecordBody,
  type HandRecorded,
} from '../contracts/hand-records.ts';
import { CodedError } from '../contracts/errors.ts';
import { instantTextMs } from '../contracts/instant-text.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../contracts/json.ts';
import type { IncidentRow } from '../ledger/ports.ts';
import { stepOf, type Speaker } from './acts.ts';
import { authorize } from './auth/authorize.ts';
import type { GatewayDeps } from './deps.ts';
import { Body } from './http/body.ts';
import { incidentOf, readRow } from './incident-view.ts';
import { whenFault } from './when-in-time.ts';

const SUBJECT = /^[0-9a-f]{32}$/; // as receipts show it: no name, no address, no credential
const SHA256 = /^[0-9a-f]{64}$/;
const NAME_CHARS_MAX = 120;
const COUNT_MAX = 100_000_000;
const HASH_CHARS = 32;

/** The members that say what was done, read and checked. */
interface Said {
  readonly text: string;
  readonly at: string;
  readonly by: string;
  readonly step?: string;
  readonly subject?: string;
  readonly count?: number;
  readonly evidence?: HandEvidence;
  /** Hash of the offline line. */
  readonly entry?: string;
}

function wholeOf(value: unknown, name: string, min: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > COUNT_MAX)
    throw new CodedError('GATEWAY_BODY_INVALID', `\`${name}\` is not a whole number from ${min} to ${COUNT_MAX}`);
  return value;
}

function evidenceOf(body: Body): HandEvidence | undefined {
  if (!body.has('evidence')) return undefined;
  if (!isJsonObject(body.value('evidence')))
    throw new CodedError('GATEWAY_BODY_INVALID', '`evidence` is not an object');
  const file = new Body(body.value('evidence'), ['name', 'sha256', 'bytes']);
  const name = file.text('name');
  if (name.length > NAME_CHARS_MAX)
    throw new CodedError('GATEWAY_BODY_INVALID', `\`name\` is longer than ${NAME_CHARS_MAX} characters`);
  return { name, sha256: file.text('sha256', SHA256), bytes: wholeOf(file.value('bytes'), 'bytes', 0) };
}

/** Hash of the offline line that the rest of the body is; proven, so that nobody takes the place of another one's line. */
function entryOf(body: Body, incident: string, asked: object): string | undefined {
  if (!body.has('entry')) return undefined;
  const line = new Body(body.value('entry'), ['hash', 'prev', 'writtenAt']);
  const place: HandEntry = {
    ...{ hash: line.text('hash', SHA256), prev: line.text('prev', SHA256), writtenAt: line.text('writtenAt') },
  };
  const { entry: _entry, ...record } = asked as HandRecordBody;
  const proven = createHash('sha256')
    .update(offlineLineText(incident, record, place))
    .digest('hex');
  if (proven !== place.hash)
    throw new CodedError('GATEWAY_BODY_INVALID', '`entry` is not the hash of what was written');
  return place.hash;
}

function timeOf(body: Body): string {
  const at = body.text('at');
  if (instantTextMs(at) === undefined)
    throw new CodedError('GATEWAY_BODY_INVALID', '`at` is not an instant such as 2026-05-04T10:00:00Z');
  const fault = whenFault({ at }, Date.now());
  if (fault !== undefined) throw new CodedError('GATEWAY_BODY_INVALID', `\`at\`: ${fault}`);
  return at;
}

function read(asked: unknown, incident: string, speaker: string): Said {
  const body = new Body(asked, ['text', 'at', 'by', 'step', 'subject', 'count', 'evidence', 'entry']);
  if (body.has('subject') && body.has('count'))
    throw new CodedError('GATEWAY_BODY_INVALID', 'give one of `subject` and `count`');
  const step = body.optionalText('step');
  const by = body.optionalText('by') ?? speaker;
  if (by.length > NAME_CHARS_MAX)
    throw new CodedError('GATEWAY_BODY_INVALID', `\`by\` is longer than ${NAME_CHARS_MAX} characters`);
  const members = {
    ...{ text: body.text('text'), at: timeOf(body), by },
    step: step === undefined ? undefined : stepOf(step),
    subject: body.optionalText('subject', SUBJECT),
    count: body.has('count') ? wholeOf(body.value('count'), 'count', 1) : undefined,
    evidence: evidenceOf(body),
    entry: entryOf(body, incident, asked as object),
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as unknown as Said;
}

/** @throws STEP_UNKNOWN for a step that the plan of the incident does not have, in whatever round. */
async function refuseStrangeStep({ ledger }: GatewayDeps, { incident, planHash }: IncidentRow, step: string) {
  const stored = await ledger.documents.getPlan(planHash);
  const inPlan = step
    .split('/')
    .filter((part) => !/^\d+$/.test(part))
    .join('/');
  if (stored && !stored.plan.steps.some(({ id }) => id === step || id === inPlan))
    throw new CodedError('STEP_UNKNOWN', `the plan of ${incident} has no such step`);
}

/**
 * Puts on record what somebody did by hand: the words go into a sealed document, the journal holds their hash, the step, how
 * many targets, when and by whom. It changes nothing in the run; said again under the same key it is the same record. An
 * incident that is closed takes it too: what was done while everything was dead is often told later.
 *
 * @throws GATEWAY_FORBIDDEN, GATEWAY_BODY_INVALID, GATEWAY_SECRET_IN_TEXT, STEP_UNKNOWN, INCIDENT_UNKNOWN,
 * INCIDENT_KEY_REUSED, LEDGER_ codes
 */
export async function recordByHand(
  deps: GatewayDeps,
  { identity, key }: Speaker,
  incident: string,
  asked: unknown,
): Promise<HandRecorded> {
  authorize(identity, 'fact');
  const said = read(asked, incident, identity.id);
  const row = await readRow(deps, incidentOf(incident));
  if (said.step !== undefined) await refuseStrangeStep(deps, row, said.step);
  const act = createHash('sha256').update(canonicalJson([identity.id, key]));
  const mark = (said.entry ?? act.digest('hex')).slice(0, HASH_CHARS); // a line is one record, whoever brings it in
  const name = `hand-record-${mark}`;
  const content = Buffer.from(canonicalJson(said as unknown as JsonObject), 'utf8');
  const known = (await deps.ledger.documents.list(row.incident)).find((document) => document.name === name);
  if (known && known.digest !== createHash('sha256').update(content).digest('hex'))
    throw new CodedError('INCIDENT_KEY_REUSED', `the idempotency key was used for something else in ${row.incident}`);
  const stored = await deps.ledger.documents.put(row.incident, {
    ...{ name, mediaType: 'application/json', body: content, by: identity.id },
    handling: { tlp: 'AMBER', privilege: 'none', audience: 'response' },
  });
  const { id: document, digest, bytes } = stored;
  await deps.ledger.journal.append(row.incident, [
    {
      key: `evidence:hand:${mark}`,
      kind: 'evidence',
      actor: identity.id,
      body: { document, digest, bytes, ...shownOf(deps, said) },
    },
  ]);
  return { incident: row.incident, document, digest, isNew: known === undefined };
}

/** What the journal shows for good: no words, no names but of people who are listed. */
function shownOf({ people }: GatewayDeps, { by, at, step, subject, count, evidence, entry }: Said): JsonObject {
  const isListed = by.startsWith('key:') || people.some(({ id }) => id === by);
  const shown = {
    ...{ from: BY_HAND, by: isListed ? by : 'not listed', doneAt: at, step, subject, count, entry },
    evidence: evidence && { sha256: evidence.sha256, bytes: evidence.bytes },
  };
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined)) as JsonObject;
}
