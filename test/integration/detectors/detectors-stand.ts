import { join } from 'node:path';
import type { DeliveryAnswer } from '../../../contracts/detectors.ts';
import type { DetectorConfig } from '../../../gateway/detectors/config.ts';
import type { Get } from '../../../gateway/detectors/port.ts';
import { createServer } from '../../../gateway/http/server.ts';
import { readLibrary, standardLibrary } from '../../../playbooks/library.ts';
import { senders, published, type Sent } from '../../unit/gateway/detectors/senders.ts';
import { DoorStand } from '../gateway/door-stand.ts';

/** What a delivery was answered. */
export interface Delivered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly json: DeliveryAnswer & { readonly code?: string };
}

/** The door of detectors on real parts, with the playbooks of the tests beside those of the library. */
export class DetectorsStand {
  readonly door: DoorStand;
  readonly app: ReturnType<typeof createServer>;
  readonly #detectors: readonly DetectorConfig[];

  private constructor(door: DoorStand, detectors: readonly DetectorConfig[]) {
    this.door = door;
    this.app = createServer(door.deps);
    this.#detectors = detectors;
  }

  static async open(detectors: readonly DetectorConfig[], get: Get = published): Promise<DetectorsStand> {
    const door = await DoorStand.open();
    const library = await readLibrary([standardLibrary, join(import.meta.dirname, 'playbooks')]);
    Object.assign(door.deps, { detectors, library, get });
    return new DetectorsStand(door, detectors);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.door.close();
  }

  /** Delivers to a detector; @param type - content type; default the scheme's own. */
  async deliver(name: string, { headers, body }: Sent, type?: string): Promise<Delivered> {
    const config = this.#detectors.find((one) => one.name === name);
    const mediaType = type ?? senders[config?.scheme ?? 'bearer'].mediaType;
    const answer = await this.app.inject({
      ...{ method: 'POST', url: `/v1/detectors/${name}`, payload: body },
      headers: { ...headers, 'content-type': mediaType },
    });
    return { status: answer.statusCode, headers: answer.headers, json: answer.json() };
  }

  /** How many incidents there are. */
  async opened(): Promise<number> {
    return (await this.door.deps.ledger.incidents.list({ limit: 500 })).length;
  }
}
