import { createHash, randomBytes } from 'node:crypto';
import { refusal, strings, type WorldAnswer, type WorldRequest } from './http-server.ts';

interface Replacement {
  readonly id: string;
  readonly at: number;
  readonly of: string;
  readonly key: string;
  handedOverAt: number | undefined;
  confirmedAt: number | undefined;
}

/** Something that was done about a replacement, as the world's record says it; `id` is the old token's. */
export type ReplacementAct =
  | {
      readonly act: 'issue';
      readonly id: string;
      readonly key: string;
      readonly replacement: string;
      readonly at: string;
    }
  | {
      readonly act: 'handover' | 'confirm';
      readonly id: string;
      readonly replacement: string;
      readonly at: string;
    };

const STATUS_MAX = 500; // ids a status call takes

type Handler = (request: WorldRequest) => WorldAnswer;

function iso(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

/** Replacement tokens at the simulated issuer: issued once a key, handed to the owner, confirmed by the owner. */
export class Replacements {
  readonly #exists: (tokenId: string) => boolean;
  readonly #byId = new Map<string, Replacement>();

  /** @param exists - whether a token id is known. */
  constructor(exists: (tokenId: string) => boolean) {
    this.#exists = exists;
  }

  /** How many were issued. */
  get issued(): number {
    return this.#byId.size;
  }

  /** What was issued, handed over and confirmed, each with its instant. */
  acts(): readonly ReplacementAct[] {
    return [...this.#byId.values()].flatMap((entry): ReplacementAct[] => {
      const { id: replacement, of: id, key } = entry;
      const later = (act: 'handover' | 'confirm', at: number | undefined): ReplacementAct[] =>
        at === undefined ? [] : [{ act, id, replacement, at: new Date(at).toISOString() }];
      return [
        { act: 'issue', id, key, replacement, at: new Date(entry.at).toISOString() },
        ...later('handover', entry.handedOverAt),
        ...later('confirm', entry.confirmedAt),
      ];
    });
  }

  /** When the owner of a token confirmed its replacement, epoch milliseconds. */
  confirmedAt(tokenId: string): number | undefined {
    return [...this.#byId.values()].find(({ of }) => of === tokenId)?.confirmedAt;
  }

  /** What the simulated owners do: confirm what was handed over at least `afterMs` ago. */
  confirmDue(afterMs: number): void {
    const now = Date.now();
    for (const replacement of this.#byId.values()) {
      if (replacement.handedOverAt !== undefined && replacement.handedOverAt + afterMs <= now)
        replacement.confirmedAt ??= now;
    }
  }

  /** Handler of a reading path, if it is one. */
  reading({ method, path }: WorldRequest): Handler | undefined {
    const tokenId = /^\/api\/tokens\/([^/]+)\/replacements$/.exec(path)?.[1];
    if (method === 'GET' && tokenId !== undefined) return () => this.#list(tokenId);
    return method === 'POST' && path === '/api/replacements/status' ? (request) => this.#status(request) : undefined;
  }

  /** Handler of an acting path, if it is one. */
  acting({ method, path }: WorldRequest): Handler | undefined {
    if (method !== 'POST') return undefined;
    const tokenId = /^\/api\/tokens\/([^/]+)\/replacements$/.exec(path)?.[1];
    if (tokenId !== undefined) return (request) => this.#issue(tokenId, request);
    const replacementId = /^\/api\/replacements\/([^/]+)\/handover$/.exec(path)?.[1];
    return replacementId === undefined ? undefined : () => this.#handOver(replacementId);
  }

  #list(tokenId: string): WorldAnswer {
    const replacements = [...this.#byId.values()]
      .filter(({ of }) => of === tokenId)
      .map(({ id, key }) => ({ id, key, status: 'issued' }));
    return { status: 200, body: { replacements } };
  }

  #status({ body }: WorldRequest): WorldAnswer {
    const results = strings(body.ids, STATUS_MAX).map((id) => {
      const confirmedAt = iso(this.#byId.get(id)?.confirmedAt);
      return { id, confirmedAt, firstUsedAt: confirmedAt };
    });
    return { status: 200, body: { results } };
  }

  #issue(tokenId: string, { headers }: WorldRequest): WorldAnswer {
    const key = headers['idempotency-key'];
    if (typeof key !== 'string' || key === '') return refusal(400, 'key_missing', 'send an Idempotency-Key');
    if (!this.#exists(tokenId)) return refusal(404, 'not_found', 'no such token');
    const id = `rep-${createHash('sha256').update(`${tokenId}/${key}`).digest('hex').slice(0, 12)}`; // same key, same replacement
    if (!this.#byId.has(id))
      this.#byId.set(id, { id, at: Date.now(), of: tokenId, key, handedOverAt: undefined, confirmedAt: undefined });
    return { status: 201, body: { id, token: ['hf', randomBytes(17).toString('hex')].join('_'), status: 'issued' } };
  }

  #handOver(id: string): WorldAnswer {
    const replacement = this.#byId.get(id);
    if (!replacement) return refusal(404, 'not_found', 'no such replacement');
    replacement.handedOverAt ??= Date.now();
    return { status: 200, body: { handedOverAt: iso(replacement.handedOverAt) } };
  }
}
