import { timingSafeEqual } from 'node:crypto';
import { effectId } from '../../ledger/effects/effect-id.ts';
import { SENDING } from './told.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { Ledger } from '../../ledger/ports.ts';

const TAG_HEX = 16; // 64 bits: not to be guessed over a door that answers some thousand times a second
/** Of the 64 octets that a local part may have, at most 63: `bounce+`, effect id, generation, tag. */
const LOCAL_PART = /bounce\+([0-9a-f]{32})\.(\d{1,5})\.([0-9a-f]{16})@/gi;

/** What makes and proves tags: an HMAC under the installation's key, see `IncidentStore.fingerprint`. */
export type TagMaker = Pick<Ledger['incidents'], 'fingerprint'>;

/** A notice as its envelope sender names it. */
export interface NamedNotice {
  /** Id of its effect, 32 hex digits. */
  readonly id: string;
  readonly generation: number;
}

/**
 * Envelope sender of one notice (VERP): names the effect and its generation without naming the reader, and carries a keyed
 * tag, so that nobody can invent one.
 *
 * @param subject - of the notice's effect.
 */
export function returnPath(
  tags: TagMaker,
  { incident, subject, generation }: { incident: IncidentId; subject: string; generation: number },
  domain: string,
): string {
  const id = effectId(incident, SENDING, subject).toString('hex');
  return `bounce+${id}.${generation}.${tagOf(tags, id, generation)}@${domain}`;
}

/**
 * The notice that an address or a whole report names: the first envelope sender in it that carries our tag.
 *
 * Wherever it stands: servers bounce to it, feedback loops repeat it, and a report holds the mail it is about.
 *
 * @returns `undefined` where none does: it was not ours, or somebody made it up.
 */
export function namedNotice(tags: TagMaker, text: string): NamedNotice | undefined {
  for (const [, hex = '', digits = '', tag = ''] of text.matchAll(LOCAL_PART)) {
    const [id, generation] = [hex.toLowerCase(), Number(digits)];
    const right = Buffer.from(tagOf(tags, id, generation));
    if (timingSafeEqual(right, Buffer.from(tag.toLowerCase()))) return { id, generation };
  }
  return undefined;
}

function tagOf(tags: TagMaker, id: string, generation: number): string {
  return tags.fingerprint(`return path ${id}.${generation}`).slice(0, TAG_HEX);
}
