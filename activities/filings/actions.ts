import { CodedError } from '../../contracts/errors.ts';
import { collectDraft } from './collect-draft.ts';
import { draftAuthorityNotification } from '../../obligations/drafts/authority-notification.ts';
import { draftLawEnforcementReferral } from '../../obligations/drafts/law-enforcement-referral.ts';
import { journalOf } from '../incident-record.ts';
import { renderMarkdown } from '../../obligations/drafts/render-markdown.ts';
import { visitId } from '../../contracts/ids.ts';
import type { ActionCall, ActionResult } from '../../contracts/effects.ts';
import type { CapabilityEnvironment, SingleAction } from '../port.ts';
import type { Draft, DraftInput } from '../../obligations/drafts/draft.ts';
import type { FilingRow, Handling } from '../../ledger/ports.ts';

/** How each kind of filing is drafted. */
const DRAFTS: Readonly<Record<FilingRow['kind'], (input: DraftInput) => Draft>> = {
  authority: draftAuthorityNotification,
  'law-enforcement': draftLawEnforcementReferral,
};

/** Formats a draft is written in: media type and ending. */
const RENDERERS = [{ mediaType: 'text/markdown', ending: 'md', render: renderMarkdown }] as const;

/** The actions on filings by name. */
export function filingActions(environment: CapabilityEnvironment): Readonly<Record<string, SingleAction>> {
  return {
    'filings.draft': (call) => draft(call, environment),
    'filings.record': (call) => record(call, environment),
  };
}

/**
 * Drafts a filing from facts and stores it as a document; what nobody knows shows with whom to ask.
 *
 * Drafting again with more facts known writes a new version of the document; a filing that was recorded stays as it is.
 *
 * @idempotency the filing is the step's; the same facts give the same document.
 * @effect none outside.
 * @throws INCIDENT_UNKNOWN
 */
async function draft(call: ActionCall, environment: CapabilityEnvironment): Promise<ActionResult> {
  const given = call.with as { kind: FilingRow['kind']; template: string; tlp?: string };
  const { ledger } = environment;
  const { incident } = call;
  const id = `filing-${call.step.replaceAll('/', '.')}`;
  const known = (await ledger.duties.filings(incident)).find((filing) => filing.id === id);
  const preparedAt = await firstPrepared(call, environment);
  const input = await collectDraft(ledger, call, given.kind, preparedAt);
  const drafted = DRAFTS[given.kind](input);
  const handling: Handling = { tlp: given.tlp ?? 'AMBER', privilege: 'none', audience: given.kind };
  const [format] = RENDERERS;
  const meta = await ledger.documents.put(incident, {
    name: `filings/${given.template}-${visitId(call.step, call.visit)}.${format.ending}`,
    mediaType: format.mediaType,
    body: new TextEncoder().encode(format.render(drafted)),
    by: 'engine',
    handling,
  });
  const isOpen = known === undefined || known.state === 'draft';
  if (isOpen) {
    await ledger.duties.putFiling(incident, {
      id,
      kind: given.kind,
      document: meta.id,
      dueAt: input.dueAt,
      state: 'draft',
      by: undefined,
      at: undefined,
      reference: undefined,
    });
  }
  await ledger.journal.append(incident, [
    {
      key: `document:${meta.id}`,
      kind: 'document',
      actor: 'engine',
      body: {
        document: meta.id,
        name: meta.name,
        digest: meta.digest,
        bytes: meta.bytes,
        filing: id,
        unknown: drafted.unknown,
      },
    },
  ]);
  const openItems = drafted.unknown > 0 ? [`${drafted.unknown} fields of the ${given.kind} draft are unknown`] : [];
  return {
    outputs: { filing: id, document: meta.id, digest: meta.digest, unknown: drafted.unknown },
    ...(openItems.length > 0 ? { openItems } : {}),
  };
}

/** When this visit of the step was first prepared, so that a retry writes the very same document. */
async function firstPrepared(
  { incident, step, visit }: ActionCall,
  environment: CapabilityEnvironment,
): Promise<string> {
  const key = `draft:${visitId(step, visit)}`;
  const preparedAt = environment.now();
  await environment.ledger.journal.append(incident, [
    { key, kind: 'filing', actor: 'engine', body: { step, preparedAt } },
  ]);
  const records = await journalOf(environment.ledger, incident, ['filing']);
  const first = records.find((entry) => entry.key === key)?.body['preparedAt'];
  return typeof first === 'string' ? first : preparedAt;
}

/**
 * Records how a filing ended, as a person said it.
 *
 * @param call - `with: {filing, state: filed | not-filed, by, at, reference?, reason?}`; `by` is the person's id.
 * @idempotency the same record again changes nothing.
 * @effect none outside.
 * @throws FILING_UNKNOWN, FILING_RECORD_INVALID
 */
async function record(call: ActionCall, environment: CapabilityEnvironment): Promise<ActionResult> {
  const { filing: id, state, by, at, reference, reason } = call.with as Partial<Record<string, string>>;
  const { ledger } = environment;
  if (state !== 'filed' && state !== 'not-filed') throw invalid(call, 'state is neither filed nor not-filed');
  if (!by || !at || Number.isNaN(Date.parse(at))) throw invalid(call, 'by or at is missing');
  if (state === 'filed' && !reference) throw invalid(call, 'a filed one needs its reference');
  const filing = (await ledger.duties.filings(call.incident)).find((row) => row.id === id);
  if (!filing) throw new CodedError('FILING_UNKNOWN', `${call.incident} has no filing ${String(id).slice(0, 64)}`);
  const duty = (await ledger.duties.obligations(call.incident)).find((entry) => entry.filing === filing.kind);
  const dueAt = duty?.dueAt ?? filing.dueAt; // the clock may have been decided since the draft
  await ledger.duties.putFiling(call.incident, { ...filing, dueAt, state, by, at, reference });
  await ledger.journal.append(call.incident, [
    {
      key: `filing:${filing.id}:${visitId(call.step, call.visit)}`,
      kind: 'filing',
      actor: by,
      body: {
        filing: filing.id,
        kind: filing.kind,
        document: filing.document,
        dueAt: dueAt ?? null,
        state,
        by,
        at,
        reference: reference ?? null,
        reason: reason ?? null,
      },
    },
  ]);
  return { outputs: { state, by, at } };
}

function invalid({ step }: ActionCall, why: string): CodedError {
  return new CodedError('FILING_RECORD_INVALID', `${step}: ${why}`);
}
