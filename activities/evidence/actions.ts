import { CodedError, errorEntry, isCodedError } from '../../contracts/errors.ts';
import { COPY_LIMITS, copyLog } from './copy-log.ts';
import { durationMs } from '../../contracts/duration.ts';
import { runSingle, type SingleRuntime } from '../single-effect.ts';
import { visitId } from '../../contracts/ids.ts';
import type { ActionCall, ActionResult } from '../../contracts/effects.ts';
import type { CapabilityEnvironment, SingleAction } from '../port.ts';
import type { DocumentMeta, Handling } from '../../ledger/ports.ts';
import type { EvidenceSource } from './port.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';

/** What the actions on evidence work with. */
export interface EvidenceActionsOptions {
  readonly sources: Readonly<Record<string, EvidenceSource>>;
  readonly environment: CapabilityEnvironment;
  readonly runtime: SingleRuntime;
}

const TRIES = 3; // attempts before a source that cannot be read is written down as missing
const HANDLING: Handling = { tlp: 'AMBER+STRICT', privilege: 'none', audience: 'evidence' };

/** The actions on evidence by name, but for `evidence.snapshot`. */
export function evidenceActions(options: EvidenceActionsOptions): Readonly<Record<string, SingleAction>> {
  return {
    'evidence.hold': (call) => hold(call, options),
    'evidence.attach': (call) => attach(call, options),
  };
}

/** What became of one source. */
interface Held {
  readonly source: string;
  /** As the effect's receipt has it; `undefined` where nothing could be had. */
  readonly copy: JsonObject | undefined;
  readonly missing: readonly string[];
  /** Worth another attempt. */
  readonly retry: CodedError | undefined;
}

/**
 * Asks each source to keep its logs and takes a sealed copy of the window.
 *
 * @param call - `with: {sources, back}`: names of configured sources, and how far back the window reaches.
 * @returns the manifest of the copies; `partial` where a source could not be held or copied whole, saying which.
 * @idempotency subject is step and source: a source that was copied is not copied again.
 * @effect asks outside sources to suspend deletion.
 * @throws the source's code while attempts are left; codes of `runSingle`.
 */
async function hold(call: ActionCall, options: EvidenceActionsOptions): Promise<ActionResult> {
  const { sources, back } = call.with as { sources: readonly string[]; back: string };
  const backMs = durationMs(back);
  const held = await Promise.all(sources.map((source) => holdOne(call, source, backMs, options)));
  const retry = held.find((entry) => entry.retry !== undefined)?.retry;
  if (retry && options.runtime.attemptNumber() < TRIES) throw retry;
  const missing = held.flatMap((entry) => entry.missing);
  const copies = held.map(({ source, copy, missing: lacks }) => ({ source, copy: copy ?? null, missing: lacks }));
  const body = { incident: call.incident, step: call.step, back, sources: copies };
  const manifest = await store(call, options, 'manifest.json', 'application/json', JSON.stringify(body, undefined, 2));
  const items = held.reduce((sum, { copy }) => sum + Number(copy?.['items'] ?? 0), 0);
  return {
    outputs: { document: manifest.id, digest: manifest.digest, items },
    ...(missing.length > 0 ? { state: 'partial' as const, openItems: missing } : {}),
  };
}

async function holdOne(call: ActionCall, name: string, backMs: number, options: EvidenceActionsOptions): Promise<Held> {
  const source = options.sources[name];
  if (!source) {
    const missing = [`[EVIDENCE_SOURCE_UNKNOWN] evidence.hold: no source ${name} is configured`];
    return { source: name, copy: undefined, missing, retry: undefined };
  }
  try {
    const done = await runSingle(options.runtime, call, {
      action: call.uses,
      subject: `${call.step}:${name}`,
      class: 'idempotent',
      params: { source: name, backMs },
      longestRequestMs: COPY_LIMITS.withinMs + source.longestRequestMs,
      act: async () => ({ state: 'accepted', result: await takeCopy(call, name, source, backMs, options) }),
    });
    const missing = ((done.result['missing'] ?? []) as readonly string[]).map(
      (code) => `[${code}] evidence.hold: ${name}`,
    );
    return { source: name, copy: done.result, missing, retry: undefined };
  } catch (error) {
    if (!isCodedError(error) || !/^(CONNECTOR|EVIDENCE|EFFECT)_/.test(error.code)) throw error;
    const missing = [`[${error.code}] evidence.hold: no copy of ${name}`];
    const retry = errorEntry(error.code).kind === 'retryable' ? error : undefined;
    return { source: name, copy: undefined, missing, retry };
  }
}

/** Holds, copies, stores, and writes the custody record. The result holds no line of the log. */
async function takeCopy(
  call: ActionCall,
  name: string,
  source: EvidenceSource,
  backMs: number,
  options: EvidenceActionsOptions,
): Promise<JsonObject> {
  const { ledger, now } = options.environment;
  const takenAt = now();
  const since = new Date(Date.parse(takenAt) - backMs).toISOString();
  const refused = await source.hold(call.incident).then(
    () => undefined,
    (error: unknown) => {
      if (!isCodedError(error)) throw error;
      return error.code; // the copy does not wait for the hold; the refusal is written down
    },
  );
  const { body, items, isTruncated } = await copyLog(source, since);
  const meta = await store(call, options, `${name}.jsonl`, 'application/jsonl', body);
  const missing = [...(refused === undefined ? [] : [refused]), ...(isTruncated ? ['EVIDENCE_TRUNCATED'] : [])];
  const custody = {
    document: meta.id,
    name: meta.name,
    digest: meta.digest,
    bytes: meta.bytes,
    items,
    takenAt,
    since,
    from: source.host,
    missing,
  };
  await ledger.journal.append(call.incident, [
    {
      key: `evidence:${visitId(call.step, call.visit)}:${name}`,
      kind: 'evidence',
      actor: `connector:${source.kind}`,
      body: { ...custody, source: name, step: call.step, by: 'engine' },
    },
  ]);
  return custody;
}

/**
 * Takes a document of the incident into evidence.
 *
 * @idempotency one custody record a step visit.
 * @effect none outside.
 * @throws DOCUMENT_UNKNOWN
 */
async function attach(call: ActionCall, { environment }: EvidenceActionsOptions): Promise<ActionResult> {
  const { document, note } = call.with as { document: string; note?: string };
  const found = (await environment.ledger.documents.list(call.incident)).find(({ id }) => id === document);
  if (!found) throw new CodedError('DOCUMENT_UNKNOWN', `${call.incident} has no document ${document.slice(0, 64)}`);
  const { id, name, digest, bytes, createdAt, createdBy } = found;
  const body: Record<string, Json> = { document: id, name, digest, bytes, takenAt: createdAt, by: createdBy };
  await environment.ledger.journal.append(call.incident, [
    {
      key: `evidence:${visitId(call.step, call.visit)}`,
      kind: 'evidence',
      actor: 'engine',
      body: { ...body, from: 'incident documents', step: call.step, note: note ?? null },
    },
  ]);
  return { outputs: { document: id, digest } };
}

async function store(
  call: ActionCall,
  { environment }: EvidenceActionsOptions,
  file: string,
  mediaType: string,
  body: Uint8Array | string,
): Promise<DocumentMeta> {
  return environment.ledger.documents.put(call.incident, {
    name: `evidence/${visitId(call.step, call.visit)}/${file}`,
    mediaType,
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    by: 'engine',
    handling: HANDLING,
  });
}
