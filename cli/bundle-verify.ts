/**
 * Verifies a bundle that `firebreak bundle export` wrote. It stands alone: one file, Node's own modules, nothing else of
 * the repository, so that an auditor can read it whole and run it anywhere.
 *
 *   node --import tsx cli/bundle-verify.ts FILE [--anchor FILE] [--key FILE] [--json]
 *   node bundle-verify.ts FILE ...                       (Node 22.18 and later, in any folder)
 *
 * A bundle is JSON Lines in canonical form (RFC 8785), every line closed by a line feed:
 *   manifest, plan, record..., dataset..., targets..., effects..., acts..., document..., withheld..., signature
 * - each record holds the hash of the one before it and its own, over everything in it and the incident's id;
 * - the manifest and the plan are what the journal's first record and the changes of state say;
 * - each document is what the journal recorded when it was stored, and is there for whom it is for;
 * - datasets, targets and effects have the digests of the last inventory in the journal, datasets those of their own records;
 * - the signature (Ed25519) stands for every byte before it.
 *
 * Without `--key` anyone may have signed it: compare the fingerprint. Without `--anchor` the holder of the key may have
 * rewritten it: an anchor is a head of the chain that left the house earlier.
 */
/* eslint max-lines: ['error', 620] -- it must stay one file that stands alone */
import { createHash, createPublicKey, verify, type Hash, type KeyObject } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Why a bundle does not verify; the product's registry of errors has a remedy for each. */
export type BundleFault =
  | 'BUNDLE_UNREADABLE'
  | 'BUNDLE_CUT'
  | 'BUNDLE_LINE_CHANGED'
  | 'BUNDLE_CHAIN_BROKEN'
  | 'BUNDLE_DOCUMENT_CHANGED'
  | 'BUNDLE_SIGNATURE_WRONG'
  | 'BUNDLE_KEY_OTHER'
  | 'BUNDLE_ANCHOR_UNREADABLE'
  | 'BUNDLE_ANCHOR_MISMATCH';

/** What verifying found. */
export type BundleVerdict =
  | {
      readonly ok: true;
      readonly incident: string;
      readonly audience: string;
      readonly exportedAt: string;
      /** Journal records, and the head of their chain. */
      readonly records: number;
      readonly head: { readonly seq: number; readonly hash: string };
      readonly documents: number;
      /** Documents listed by hash only. */
      readonly withheld: number;
      /** SHA-256 of the public key (SPKI DER), hex. */
      readonly signer: string;
      /** Whether the signer is the key that was given. */
      readonly keyGiven: boolean;
      /** Anchors of this incident that fit. */
      readonly anchors: number;
      /** Record up to which an anchor covers the journal; 0 without one. What comes after it the signature alone stands for. */
      readonly anchoredTo: number;
      /** Whether an anchor covers also what the bundle lists of datasets, targets and effects. */
      readonly isInventoryAnchored: boolean;
    }
  | {
      readonly ok: false;
      readonly code: BundleFault;
      /** Line of the bundle, from 1; `undefined` where the fault is in no line. */
      readonly line: number | undefined;
      /** One sentence that says where and what. */
      readonly why: string;
    };

/** What to verify a bundle against. */
export interface VerifyOptions {
  /** Path of JSON lines `{incident, seq, hash, at}`: heads that left the house. */
  readonly anchor?: string;
  /** Path of the public key (PEM) that must have signed. */
  readonly publicKey?: string;
  /** Told again and again how far it is. */
  readonly onHeadway?: (headway: Headway) => void;
}

/** How far verifying is: bytes read of those in the file, journal records that fit. */
export interface Headway {
  readonly read: number;
  readonly size: number;
  readonly records: number;
}

type Entry = Readonly<Record<string, unknown>>;

class Fault extends Error {
  readonly code: BundleFault;
  readonly line: number | undefined;

  constructor(code: BundleFault, why: string, line?: number) {
    super(why);
    this.code = code;
    this.line = line;
  }
}

/** RFC 8785: keys sorted by UTF-16 code units, no white space, numbers and strings as ECMAScript writes them. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}

function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

const hashOf = (...parts: readonly (string | Uint8Array)[]): Buffer => Buffer.from(sha256(...parts), 'hex');

/** Merkle root (RFC 6962 section 2.1, built from below): an odd node moves up unchanged. */
function rootOf(leaves: readonly Buffer[]): string {
  let level = leaves;
  while (level.length > 1)
    level = level.flatMap((left, index) => {
      const right = level[index + 1];
      if (index % 2 === 1) return [];
      return [right ? hashOf(Uint8Array.of(1), left, right) : left];
    });
  return (level[0] ?? hashOf()).toString('hex');
}

/** Whether two values are the same JSON. */
function same(left: unknown, right: unknown): boolean {
  return canonical(left ?? null) === canonical(right ?? null);
}

const GENESIS = '0'.repeat(64); // what the first record holds as the hash before it
const RECORD = ['seq', 'at', 'key', 'kind', 'actor', 'body', 'prevHash'] as const; // what its hash covers, beside the incident
const VOUCHED = ['dataset', 'targets', 'effects', 'acts'] as const; // lines beside the chain, in an inventory by digest
const LEAF_ROWS = 500; // targets a leaf of a dataset's tree, and a line
/** Audiences of documents that each reader gets whole. */
const GETS: Readonly<Record<string, readonly string[]>> = {
  authority: ['all', 'authority'],
  auditor: ['all', 'authority', 'law-enforcement', 'response'],
  'law-enforcement': ['all', 'law-enforcement', 'evidence'],
};
const ORDER = 'manifest plan record dataset targets effects acts document withheld signature'.split(' ');

/** Members that each line must have, no more and no fewer. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  manifest: [
    ...['format', 'incident', 'mode', 'state', 'playbook', 'planHash', 'openedAt', 'closedAt', 'exportedAt'],
    ...['audience', 'head', 'datasets', 'effects', 'documents', 'withheld', 'signer', 'publicKey'],
  ],
  record: [...RECORD, 'hash'],
  plan: ['plan'],
  dataset: ['id', 'step', 'visit', 'part', 'kind', 'count', 'digest'],
  targets: ['dataset', 'from', 'rows'],
  effects: ['action', 'counts', 'receipts'],
  acts: ['acts'],
  document: ['id', 'name', 'mediaType', 'digest', 'bytes', 'createdAt', 'createdBy', 'handling', 'body'],
  withheld: ['id', 'digest', 'bytes', 'createdAt', 'because'],
  signature: ['algorithm', 'digest', 'lines', 'signature'],
};

/** Text of a member; every member that is compared or decoded is a text or a number. */
function text(entry: Entry, member: string): string {
  const value = entry[member];
  return typeof value === 'string' ? value : canonical(value ?? null);
}

/** Bytes of base64 in its one canonical form; `undefined` for any other. */
function bytesOf(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}

/** Reads one line: UTF-8, canonical JSON, the members of its kind. */
function parse(bytes: Uint8Array, line: number): Entry {
  let entry: unknown;
  let isCanonical = false;
  try {
    const written = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    entry = JSON.parse(written);
    isCanonical = canonical(entry) === written;
  } catch {
    throw new Fault(line === 1 ? 'BUNDLE_UNREADABLE' : 'BUNDLE_LINE_CHANGED', `line ${line} is not JSON`, line);
  }
  if (!isCanonical || typeof entry !== 'object' || entry === null)
    throw new Fault('BUNDLE_LINE_CHANGED', `line ${line} is not in canonical form`, line);
  const { line: kind, ...members } = entry as Entry;
  const expected = typeof kind === 'string' && Object.hasOwn(MEMBERS, kind) ? MEMBERS[kind]! : undefined;
  if (!expected || canonical(Object.keys(members).sort()) !== canonical([...expected].sort()))
    throw new Fault('BUNDLE_LINE_CHANGED', `line ${line} has not the members of a line of a bundle`, line);
  return entry as Entry;
}

/** Lines of a file with their number; `closed`: whether a line feed ended it. */
async function* linesOf(
  path: string,
  onRead: (bytes: number) => void,
): AsyncIterable<{ bytes: Buffer; number: number; closed: boolean }> {
  let number = 0;
  let pending: Buffer[] = [];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    onRead(chunk.length);
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      yield { bytes: Buffer.concat([...pending, chunk.subarray(start, end)]), number: ++number, closed: true };
      pending = [];
      start = end + 1;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
  if (pending.length > 0) yield { bytes: Buffer.concat(pending), number: ++number, closed: false };
}

/** Anchors of all incidents in a file: `incident seq` to hash. */
function readAnchors(path: string): readonly { incident: string; seq: number; hash: string }[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const { incident, seq, hash } = JSON.parse(line) as Entry;
        if (typeof incident !== 'string' || typeof seq !== 'number' || typeof hash !== 'string') throw new Error(line);
        return { incident, seq, hash };
      });
  } catch {
    throw new Fault('BUNDLE_ANCHOR_UNREADABLE', `${path} is no file of anchors`);
  }
}

function readKey(path: string): KeyObject {
  try {
    return createPublicKey(readFileSync(path));
  } catch {
    throw new Fault('BUNDLE_KEY_OTHER', `${path} holds no public key`);
  }
}

const der = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });

/** Goes through the lines of a bundle; each method throws a {@link Fault} at the first thing that does not fit. */
class Verification {
  readonly #hash: Hash = createHash('sha256');
  readonly #hashes: string[] = []; // of the records, by seq - 1
  readonly #stored = new Map<string, Entry>(); // records of documents that were not met yet, in the order of the journal
  readonly #parts = new Map<string, Entry>(); // of the journal's records of datasets: id to count, digest and where from
  readonly #datasets = new Map<string, { entry: Entry; rows: number; leaves: Buffer[] }>();
  readonly #vouched = Object.fromEntries(VOUCHED.map((kind) => [kind, createHash('sha256')])) as Record<string, Hash>;
  readonly #inventories: { readonly seq: number; readonly body: Entry }[] = [];
  readonly #documentSeq: Record<string, number> = {}; // of the last one of each kind of line
  #opened: Entry | undefined; // the first record
  #told: { readonly state: string; readonly closedAt: string | null } = { state: 'declared', closedAt: null };
  readonly #counts: Record<string, number> = {};
  #manifest: Entry = {};
  #kind = '';
  #lines = 0;

  /** Takes the next line. */
  add(bytes: Buffer, number: number, closed: boolean): void {
    if (this.#kind === 'signature')
      throw new Fault('BUNDLE_LINE_CHANGED', `the bundle goes on after its signature, at line ${number}`, number);
    if (!closed) throw new Fault('BUNDLE_CUT', `the bundle breaks off in line ${number}`, number);
    const entry = parse(bytes, number);
    this.#inOrder(text(entry, 'line'), number);
    if (this.#kind === 'signature') this.#signature(entry, number);
    else {
      this.#hash.update(bytes).update('\n');
      this.#lines = number;
    }
    if (this.#kind === 'manifest') this.#manifest = entry;
    if (this.#kind === 'plan') this.#plan(entry, number);
    if (this.#kind === 'record') this.#record(entry, number);
    if (this.#kind === 'dataset') this.#dataset(entry, number);
    if (this.#kind === 'targets') this.#targets(entry, number);
    this.#vouched[this.#kind]?.update(bytes).update('\n');
    if (this.#kind === 'document' || this.#kind === 'withheld') this.#document(entry, number);
  }

  /** After the last line: nothing may be missing. */
  end(): void {
    if (this.#kind !== 'signature') throw new Fault('BUNDLE_CUT', 'the bundle ends without a signature', this.#lines);
  }

  /** The key that signed must be the one given. */
  signedBy(key: KeyObject): void {
    if (der(key).toString('base64') !== this.#manifest['publicKey'])
      throw new Fault('BUNDLE_KEY_OTHER', `the bundle is signed by ${text(this.#manifest, 'signer')}, another key`, 1);
  }

  /** Every anchor of the incident must lie on the chain. @returns how many there were, at least one, and the last. */
  anchoredBy(anchors: ReturnType<typeof readAnchors>): readonly [count: number, last: number] {
    const incident = text(this.#manifest, 'incident');
    const own = anchors.filter((anchor) => anchor.incident === incident);
    if (own.length === 0) throw new Fault('BUNDLE_ANCHOR_UNREADABLE', `there is no anchor of ${incident}`);
    for (const { seq, hash } of own) {
      const found = this.#hashes[seq - 1];
      if (found === hash) continue;
      const why =
        found === undefined
          ? `the journal ends at record ${this.#hashes.length}, but record ${seq} of it left the house as an anchor`
          : `record ${seq} is not the one that left the house as an anchor`;
      throw new Fault('BUNDLE_ANCHOR_MISMATCH', why, found === undefined ? undefined : seq + 1);
    }
    return [own.length, Math.max(...own.map(({ seq }) => seq))];
  }

  /** Whether an inventory up to a record says the same of the lines beside the chain as the last one, which they fit. */
  #isInventoryIn(seq: number): boolean {
    const last = this.#inventories.at(-1)?.body;
    const covered = this.#inventories.findLast((inventory) => inventory.seq <= seq)?.body;
    return last !== undefined && VOUCHED.every((kind) => same(covered?.[kind], last[kind]));
  }

  get records(): number {
    return this.#hashes.length;
  }

  verdict(keyGiven: boolean, anchors: number, anchoredTo: number): BundleVerdict {
    const manifest = this.#manifest;
    return {
      ok: true,
      incident: text(manifest, 'incident'),
      audience: text(manifest, 'audience'),
      exportedAt: text(manifest, 'exportedAt'),
      records: this.#hashes.length,
      head: { seq: this.#hashes.length, hash: this.#hashes.at(-1) ?? GENESIS },
      documents: this.#counts['document'] ?? 0,
      withheld: this.#counts['withheld'] ?? 0,
      signer: text(manifest, 'signer'),
      keyGiven,
      anchors,
      anchoredTo,
      isInventoryAnchored: this.#isInventoryIn(anchoredTo),
    };
  }

  #inOrder(kind: string, number: number): void {
    const isFirst = kind === 'manifest';
    if (isFirst !== (number === 1) || ORDER.indexOf(kind) < ORDER.indexOf(this.#kind))
      throw new Fault('BUNDLE_LINE_CHANGED', `line ${number} (${kind}) is not in its place`, number);
    this.#kind = kind;
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1;
  }

  #record(entry: Entry, number: number): void {
    const seq = this.#hashes.length + 1;
    const covered = Object.fromEntries(RECORD.map((member) => [member, entry[member]]));
    const hash = sha256(canonical({ ...covered, incident: this.#manifest['incident'] }));
    const broken =
      (entry['seq'] !== seq && `is record ${text(entry, 'seq')}, not ${seq}`) ||
      (entry['prevHash'] !== (this.#hashes.at(-1) ?? GENESIS) && 'does not follow the record before it') ||
      (entry['hash'] !== hash && 'was changed: its hash does not fit');
    if (broken) throw new Fault('BUNDLE_CHAIN_BROKEN', `record ${seq} in line ${number} ${broken}`, number);
    this.#hashes.push(hash);
    this.#learn(entry, seq);
  }

  /** What a record says of the lines beside the chain. */
  #learn(record: Entry, seq: number): void {
    const { kind, at } = record;
    const body = (record['body'] ?? {}) as Entry;
    if (seq === 1 && kind === 'incident.opened') this.#opened = record;
    const state = kind === 'incident.closed' ? 'closed' : kind === 'incident.state' ? body['state'] : undefined;
    if (typeof state === 'string')
      this.#told = { state, closedAt: this.#told.closedAt ?? (state === 'closed' ? String(at) : null) };
    if (text(record, 'key').startsWith('document.stored:')) this.#stored.set(text(body, 'document'), record);
    if (kind === 'inventory') this.#inventories.push({ seq, body });
    if (kind !== 'dataset') return;
    const { step, visit, ...parts } = body;
    for (const [part, ref] of Object.entries(parts))
      this.#parts.set(text(ref as Entry, 'id'), { ...(ref as Entry), step, visit, part });
  }

  #plan(entry: Entry, number: number): void {
    if (sha256(canonical(entry['plan'])) !== this.#manifest['planHash'])
      throw new Fault('BUNDLE_LINE_CHANGED', `the plan in line ${number} is not the one that was carried out`, number);
  }

  #dataset(entry: Entry, number: number): void {
    const id = text(entry, 'id');
    const recorded = this.#parts.get(id);
    const changed = Object.entries(recorded ?? {}).find(([member, value]) => !same(entry[member], value));
    if (changed || this.#datasets.has(id))
      throw new Fault(
        'BUNDLE_LINE_CHANGED',
        `dataset ${id} in line ${number} is not in the journal so (${changed?.[0] ?? 'twice'})`,
        number,
      );
    this.#datasets.set(id, { entry, rows: 0, leaves: [] });
    this.#parts.delete(id);
  }

  #targets(entry: Entry, number: number): void {
    const dataset = this.#datasets.get(text(entry, 'dataset'));
    const rows = entry['rows'];
    if (!dataset || !Array.isArray(rows) || entry['from'] !== dataset.rows || dataset.rows % LEAF_ROWS !== 0)
      throw new Fault('BUNDLE_LINE_CHANGED', `the targets in line ${number} are not in their place`, number);
    const hashes = (rows as readonly unknown[][]).map(([subject, commitment]) =>
      hashOf(String(subject), Buffer.from(String(commitment), 'hex')),
    );
    dataset.leaves.push(hashOf(Uint8Array.of(0), ...hashes));
    dataset.rows += rows.length;
  }

  #document(entry: Entry, number: number): void {
    const id = text(entry, 'id');
    const record = this.#stored.get(id);
    const body = (record?.['body'] ?? {}) as Entry;
    const { privilege, tlp, audience: lane } = body;
    const isOpen = privilege !== 'counsel' && (GETS[text(this.#manifest, 'audience')] ?? []).includes(String(lane));
    const because = isOpen ? undefined : privilege === 'counsel' ? 'privilege' : 'audience';
    const told: Entry = { digest: body['digest'], bytes: body['bytes'], createdAt: body['createdAt'] };
    const { name, mediaType } = body;
    const handling = { privilege, tlp, audience: lane };
    const whole = { ...told, name, mediaType, createdBy: record?.['actor'], handling };
    const wanted = this.#kind === 'withheld' ? { ...told, because } : whole;
    const changed = Object.entries(wanted).find(([member, value]) => !same(entry[member], value));
    const isWrong = !record || changed !== undefined || (this.#kind === 'document') !== isOpen;
    const place = `document ${id} in line ${number}`;
    if (isWrong)
      throw new Fault(
        'BUNDLE_DOCUMENT_CHANGED',
        `${place} is not in the journal so (${changed?.[0] ?? 'for whom'})`,
        number,
      );
    const seq = Number(record['seq']);
    if (seq < (this.#documentSeq[this.#kind] ?? 0))
      throw new Fault('BUNDLE_DOCUMENT_CHANGED', `${place} is not in its place`, number);
    this.#documentSeq[this.#kind] = seq;
    this.#stored.delete(id); // each one once
    if (this.#kind === 'withheld') return;
    const bytes = bytesOf(text(entry, 'body'));
    if (!bytes || sha256(bytes) !== entry['digest'] || bytes.length !== entry['bytes'])
      throw new Fault('BUNDLE_DOCUMENT_CHANGED', `${place} does not have its digest`, number);
  }

  #signature(entry: Entry, number: number): void {
    this.#complete(number);
    const digest = this.#hash.digest('hex');
    const publicKey = bytesOf(text(this.#manifest, 'publicKey'));
    const signature = bytesOf(text(entry, 'signature'));
    const signed = `firebreak bundle 1\n${digest}\n${this.#lines}\n`;
    const isWhole =
      entry['algorithm'] === 'Ed25519' &&
      entry['digest'] === digest &&
      entry['lines'] === this.#lines &&
      publicKey !== undefined &&
      signature !== undefined &&
      sha256(publicKey) === this.#manifest['signer'] &&
      verify(null, Buffer.from(signed), ed25519(publicKey), signature);
    if (!isWhole)
      throw new Fault(
        'BUNDLE_SIGNATURE_WRONG',
        `the signature in line ${number} does not fit what stands above it`,
        number,
      );
  }

  /** The manifest says how much of everything there must be. */
  #complete(number: number): void {
    const { head, datasets, effects, documents, withheld, format } = this.#manifest;
    const { document = 0, dataset = 0, ...counts } = this.#counts;
    const expected = canonical({ format, datasets, effects, documents, withheld });
    const found = { format: 1, datasets: dataset, documents: document };
    if (expected !== canonical({ ...found, effects: counts['effects'] ?? 0, withheld: counts['withheld'] ?? 0 }))
      throw new Fault('BUNDLE_LINE_CHANGED', `the bundle does not hold what its manifest says, at line ${number}`, 1);
    if (canonical(head) !== canonical({ seq: this.#hashes.length, hash: this.#hashes.at(-1) ?? GENESIS }))
      throw new Fault('BUNDLE_CHAIN_BROKEN', 'the journal does not end with the head in the manifest', number);
    const [missing] = this.#stored.keys();
    if (missing !== undefined)
      throw new Fault('BUNDLE_DOCUMENT_CHANGED', `document ${missing} of the journal is missing`, number);
    this.#manifestAsTold();
    this.#inventory(number);
  }

  /** The manifest is not on the chain: what it says must be what the chain says. */
  #manifestAsTold(): void {
    const opened = this.#opened;
    if (!opened) return; // a chain without an incident has nothing to compare
    const { mode, playbook, planHash, incident } = opened['body'] as Entry;
    const { body: last, seq } = this.#inventories.at(-1) ?? { body: {}, seq: 0 };
    const { audience, exportedAt, signer } = last;
    const exported = seq === this.#hashes.length && audience !== undefined ? { audience, exportedAt, signer } : {};
    const plans = this.#counts['plan'] ?? 0;
    if (plans > 1 || ('audience' in exported && plans !== (last['plan'] === true ? 1 : 0)))
      throw new Fault('BUNDLE_LINE_CHANGED', 'the plan is missing, or there are two', 2);
    const told = { mode, playbook, planHash, incident, ...this.#told, openedAt: opened['at'], ...exported };
    for (const [member, value] of Object.entries(told))
      if (!same(this.#manifest[member], value))
        throw new Fault('BUNDLE_LINE_CHANGED', `the manifest says another ${member} than the journal`, 1);
  }

  /** The last inventory in the journal vouches for every line beside the chain that this reader gets. */
  #inventory(number: number): void {
    const [missing] = this.#parts.keys();
    if (missing !== undefined)
      throw new Fault('BUNDLE_LINE_CHANGED', `dataset ${missing} of the journal is missing`, number);
    const { body, seq } = this.#inventories.at(-1) ?? { body: {}, seq: 0 };
    const isAuditor = this.#manifest['audience'] === 'auditor';
    for (const kind of VOUCHED) {
      const lines = this.#counts[kind] ?? 0;
      const digest = this.#vouched[kind]!.digest('hex');
      const isTheirs = isAuditor || kind === 'dataset' || kind === 'effects';
      const wanted = isTheirs && seq > 0 ? body[kind] : { lines: 0, digest: sha256() };
      if (!same({ lines, digest }, wanted))
        throw new Fault(
          'BUNDLE_LINE_CHANGED',
          `the ${kind} lines are not those of the inventory in record ${seq}`,
          number,
        );
    }
    for (const [id, { entry, rows, leaves }] of this.#datasets)
      if (isAuditor && (rows !== entry['count'] || rootOf(leaves) !== entry['digest']))
        throw new Fault('BUNDLE_LINE_CHANGED', `the targets of dataset ${id} do not give its digest`, number);
  }
}

function ed25519(publicKey: Buffer): KeyObject {
  try {
    const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // said below
  }
  throw new Fault('BUNDLE_SIGNATURE_WRONG', 'the key in line 1 is no Ed25519 key', 1);
}

/** Verifies a bundle. Never throws for what is in the file: the verdict says what is wrong and where. */
export async function verifyBundle(path: string, options: VerifyOptions = {}): Promise<BundleVerdict> {
  try {
    const verification = new Verification();
    const { size } = statSync(path);
    let read = 0;
    const onRead = (bytes: number): void =>
      options.onHeadway?.({ read: (read += bytes), size, records: verification.records });
    for await (const { bytes, number, closed } of linesOf(path, onRead)) verification.add(bytes, number, closed);
    verification.end();
    if (options.publicKey !== undefined) verification.signedBy(readKey(options.publicKey));
    const [anchors, last] =
      options.anchor === undefined ? [0, 0] : verification.anchoredBy(readAnchors(options.anchor));
    return verification.verdict(options.publicKey !== undefined, anchors, last);
  } catch (error) {
    if (error instanceof Fault) return { ok: false, code: error.code, line: error.line, why: error.message };
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'BUNDLE_UNREADABLE', line: undefined, why: `${path} cannot be read: ${why}` };
  }
}

/** What a person reads of a verdict, a sentence or two a line. */
export function sentences(verdict: BundleVerdict): readonly string[] {
  if (!verdict.ok) return [`[${verdict.code}] ${verdict.why}.`];
  const { incident, records, head, documents, withheld, signer, keyGiven, anchors, anchoredTo } = verdict;
  const uncovered = [
    ...(anchoredTo < records ? [`records ${anchoredTo + 1} to ${records}`] : []),
    ...(verdict.isInventoryAnchored ? [] : ['the lists of datasets, targets and effects']),
  ];
  return [
    `${incident}: whole and unchanged since it was signed.`,
    `${records} records, head ${head.hash}; ${documents} documents, ${withheld} more by hash only.`,
    `Signed by ${signer}${keyGiven ? ', the key given' : '; no key was given to compare'}.`,
    anchors > 0 ? `${anchors} anchors fit.` : 'No anchor was given: the holder of the key could have rewritten it.',
    ...(anchors > 0 && uncovered.length > 0
      ? [`No anchor covers ${uncovered.join(' and ')}: the signature alone stands for that.`]
      : []),
  ];
}

/** One line of a terminal that says once a second how far it is; a short wait leaves it empty. */
export function headwayLine(
  write: (text: string) => void,
  now: () => number = () => performance.now(),
): { readonly show: (headway: Headway) => void; readonly clear: () => void } {
  const startedAt = now();
  let [saidAt, width] = [startedAt, 0];
  const show = ({ read, size, records }: Headway): void => {
    if (size === 0 || now() - saidAt < 1_000) return; // a pipe has no size
    saidAt = now();
    const leftS = Math.ceil(((saidAt - startedAt) * (size - read)) / read / 1_000);
    const text = `${Math.floor((100 * read) / size)} % verified, ${records} records, about ${leftS} s left`;
    write(`\r${text.padEnd(width)}`);
    width = text.length;
  };
  return { show, clear: () => width > 0 && write(`\r${' '.repeat(width)}\r`) };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { anchor: { type: 'string' }, key: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) {
    process.stderr.write('usage: bundle-verify FILE [--anchor FILE] [--key FILE] [--json]\n');
    process.exitCode = 1;
    return;
  }
  const line = headwayLine((text) => process.stderr.isTTY && process.stderr.write(text));
  const verdict = await verifyBundle(path, {
    ...(values.anchor === undefined ? {} : { anchor: values.anchor }),
    ...(values.key === undefined ? {} : { publicKey: values.key }),
    onHeadway: line.show,
  });
  line.clear();
  process.stdout.write(`${values.json ? JSON.stringify(verdict) : sentences(verdict).join('\n')}\n`);
  process.exitCode = verdict.ok ? 0 : 1;
}

const started = process.argv[1];
if (started !== undefined && existsSync(started) && realpathSync(started) === fileURLToPath(import.meta.url))
  void main(); // not awaited: alone in a folder the file may be run as CommonJS, which knows no await out here
