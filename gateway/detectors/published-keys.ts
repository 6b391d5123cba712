import { CodedError } from '../../contracts/errors.ts';

const FRESH_MS = 30 * 60_000; // as long as the reference receiver of the package index keeps them
const AGAIN_AFTER_MS = 60_000; // an unknown id makes us look again, but a flood of made-up ids not more often than this

/** Public keys that a sender publishes under a fixed address, kept for half an hour. */
export class PublishedKeys<Key> {
  readonly #read: () => Promise<ReadonlyMap<string, Key>>;
  #keys: ReadonlyMap<string, Key> | undefined;
  #readAtMs = -Infinity;
  #triedAtMs = -Infinity;
  #reading: Promise<void> | undefined;

  /** @param read - fetches them, by id. */
  constructor(read: () => Promise<ReadonlyMap<string, Key>>) {
    this.#read = read;
  }

  /**
   * The key of an id; keys that are not current any more count while they are published.
   *
   * @param nowMs - milliseconds since 1970.
   * @returns `undefined` for an id that is not published.
   * @throws DETECTOR_KEYS_AWAY while none could ever be fetched.
   */
  async find(id: string, nowMs: number): Promise<Key | undefined> {
    const isFresh = nowMs - this.#readAtMs < FRESH_MS;
    const mayLook = nowMs - this.#triedAtMs >= AGAIN_AFTER_MS;
    if ((!isFresh || !this.#keys?.has(id)) && (mayLook || this.#reading)) await this.#refresh(nowMs);
    if (!this.#keys) throw new CodedError('DETECTOR_KEYS_AWAY', 'the public keys could not be fetched');
    return this.#keys.get(id); // where the page is away, what it published last still holds
  }

  #refresh(nowMs: number): Promise<void> {
    this.#triedAtMs = nowMs;
    this.#reading ??= this.#read()
      .then(
        (keys) => {
          this.#keys = keys;
          this.#readAtMs = nowMs;
        },
        () => undefined,
      )
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }
}
