import { randomUUID } from 'node:crypto';
import { errorEntry, type ErrorCode } from '../../contracts/errors.ts';
import type { GatewayDeps } from '../deps.ts';
import { isOnRecord } from '../http/refusals.ts';
import { RefusalLog } from '../http/refusal-log.ts';

/** What the Slack door refused, in the same record as the HTTP door's. */
export class SlackRefusals {
  readonly #log: RefusalLog;

  constructor({ ledger, log }: Pick<GatewayDeps, 'ledger' | 'log'>) {
    this.#log = new RefusalLog(ledger, log);
  }

  /**
   * Notes a refusal; never throws, nothing waits for it.
   *
   * @param what - kind of delivery, e.g. `command`.
   * @param user - Slack account, `U...`.
   */
  account(what: string, user: string, code: ErrorCode): void {
    if (isOnRecord(errorEntry(code).http)) this.#note(`slack:${user.slice(0, 20)}`, what, code);
  }

  /** Notes a delivery that was not signed as Slack signs. @param address - whose it was. */
  unsigned(address: string): void {
    this.#note(`address:${address}`, 'delivery', 'SLACK_SIGNATURE_INVALID');
  }

  stop(): Promise<void> {
    return this.#log.stop();
  }

  #note(who: string, what: string, code: ErrorCode): void {
    void this.#log.note({ who, route: `SLACK ${what}`, code, request: randomUUID() });
  }
}
