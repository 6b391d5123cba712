import { isJsonObject } from '../../contracts/json.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { IncidentRow, Ledger } from '../../ledger/ports.ts';

const OPEN_MAX = 200; // incidents among which a room is looked for, newest first

/** Which room belongs to which incident, as `chat.open` left it in its receipt. */
export class Rooms {
  readonly #ledger: Ledger;
  readonly #rooms = new Map<IncidentId, string>(); // a room never changes once it is opened

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Incidents that are not closed, newest first; previews are none. */
  async open(): Promise<readonly IncidentRow[]> {
    const rows = await this.#ledger.incidents.list({ limit: OPEN_MAX });
    return rows.filter(({ closedAt, mode }) => closedAt === undefined && mode !== 'preview');
  }

  /** Channel of an incident; `undefined` while it has none. */
  async roomOf(incident: IncidentId): Promise<string | undefined> {
    const known = this.#rooms.get(incident);
    if (known !== undefined) return known;
    const [subject] = await this.#ledger.effects.subjects(incident, 'chat.open', ['accepted'], 1);
    if (subject === undefined) return undefined;
    const receipts = await this.#ledger.effects.receipts(incident, 'chat.open', subject);
    const result = receipts.findLast(({ state }) => state === 'accepted')?.body['result'];
    const room = isJsonObject(result) ? result['room'] : undefined;
    if (typeof room !== 'string') return undefined;
    if (this.#rooms.size > 10 * OPEN_MAX) this.#rooms.clear();
    this.#rooms.set(incident, room);
    return room;
  }

  /** The open incident whose room a channel is. */
  async incidentIn(channel: string): Promise<IncidentRow | undefined> {
    for (const row of await this.open()) if ((await this.roomOf(row.incident)) === channel) return row;
    return undefined;
  }
}
