import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { CodedError } from '../../contracts/errors.ts';
import { canonicalJson, type JsonObject } from '../../contracts/json.ts';
import type { Signer } from './signer.ts';

const PRIVATE = 0o600; // a bundle is for its reader only

/** Kinds of lines, in the order in which they stand in a bundle; the last one is its signature. */
export type LineKind =
  'manifest' | 'plan' | 'record' | 'dataset' | 'targets' | 'effects' | 'acts' | 'document' | 'withheld';

/** One line as a bundle holds it, with its line feed. */
export function lineOf(line: LineKind, entry: object): string {
  return `${canonicalJson({ ...entry, line })}\n`;
}

/**
 * A bundle on its way to disk: canonical JSON, one value a line, every byte under the signature of the last line.
 *
 * It is written beside its place and moved there when it is whole: a bundle is never half there.
 */
export class BundleFile {
  readonly #path: string;
  readonly #draft: string;
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  #lines = 0;

  private constructor(path: string, draft: string, file: FileHandle) {
    this.#path = path;
    this.#draft = draft;
    this.#file = file;
  }

  /** @throws BUNDLE_UNWRITABLE */
  static async create(path: string): Promise<BundleFile> {
    const draft = `${path}.${randomUUID()}`;
    const file = await open(draft, 'wx', PRIVATE).catch((cause: unknown) => {
      throw new CodedError('BUNDLE_UNWRITABLE', `${path} cannot be written`, { cause });
    });
    return new BundleFile(path, draft, file);
  }

  /** Adds lines of one kind. */
  async add(line: LineKind, entries: readonly object[]): Promise<void> {
    await this.#append(entries.map((entry) => lineOf(line, entry)).join(''), entries.length);
  }

  /** Where lines wait that come later in the bundle than they are read. */
  get tail(): string {
    return `${this.#draft}.tail`;
  }

  /** Adds so many lines that wait in the tail. */
  async addTail(lines: number): Promise<void> {
    for await (const chunk of createReadStream(this.tail)) await this.#append(chunk as Buffer, 0);
    this.#lines += lines;
  }

  async #append(text: string | Buffer, lines: number): Promise<void> {
    this.#lines += lines;
    this.#hash.update(text);
    await this.#file.appendFile(text);
  }

  /** Signs what was added and puts the bundle in its place. */
  async finish(signer: Signer): Promise<void> {
    const digest = this.#hash.digest('hex');
    const signature = signer.sign(digest, this.#lines);
    const last: JsonObject = { line: 'signature', algorithm: 'Ed25519', digest, lines: this.#lines, signature };
    await this.#file.appendFile(`${canonicalJson(last)}\n`);
    await this.#file.sync();
    await this.#file.close();
    await rename(this.#draft, this.#path);
    await rm(this.tail, { force: true });
  }

  /** Takes back an unfinished bundle. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#draft, { force: true });
    await rm(this.tail, { force: true });
  }
}
