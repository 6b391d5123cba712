import { CodedError } from '../../contracts/errors.ts';
import type { Identity } from '../auth/identity.ts';
import type { DoorPerson } from '../deps.ts';
import type { SlackApi } from './web-api.ts';

const KNOWN_FOR_MS = 5 * 60_000; // an account that is deactivated is refused at the latest then
const CALLERS_MAX = 10_000; // accounts remembered
const USER = /^[UW][A-Z0-9]{1,20}$/;

/** An account as Slack names it in what it delivers. */
export interface SlackAccount {
  /** Member id. */
  readonly user: string;
  /** Workspace of the account, where the delivery names it; of the delivery otherwise. */
  readonly team: string;
}

/** What `users.info` says of an account; only what decides. */
interface Member {
  readonly team_id?: string;
  readonly is_bot?: boolean;
  readonly deleted?: boolean;
  readonly is_restricted?: boolean;
  readonly is_ultra_restricted?: boolean;
  readonly is_stranger?: boolean;
}

/** A person as they speak through Slack. */
export function identityOf({ id, roles }: DoorPerson): Identity {
  return { id, isMachine: false, roles, key: { name: `slack:${id}`, sha256: '', person: id } };
}

/** Finds the person behind a Slack account. What that person may do is decided by `auth/authorize.ts`, as at every door. */
export class WhoIs {
  readonly #people: readonly DoorPerson[];
  readonly #team: string;
  readonly #api: SlackApi;
  readonly #full = new Map<string, number>(); // full members of the workspace, and until when we believe it

  constructor(people: readonly DoorPerson[], team: string, api: SlackApi) {
    this.#people = people;
    this.#team = team;
    this.#api = api;
  }

  /**
   * The person behind an account: listed, a full member of our workspace, no bot, not deactivated.
   *
   * @throws SLACK_USER_FOREIGN, SLACK_USER_UNKNOWN; SLACK_UNAVAILABLE where Slack does not say what the account is.
   */
  async identify({ user, team }: SlackAccount): Promise<Identity> {
    if (team !== this.#team || !USER.test(user))
      throw new CodedError('SLACK_USER_FOREIGN', 'the account is not of the workspace that Firebreak is installed in');
    const [person, ...others] = this.#people.filter(({ slack }) => slack === user);
    if (!person || others.length > 0)
      throw new CodedError('SLACK_USER_UNKNOWN', 'no one person in the file of people has that Slack account');
    await this.#refuseStrangers(user);
    return identityOf(person);
  }

  /** The person behind an account that was let in before, as it is now. @throws as {@link identify} */
  identifyAgain(user: string): Promise<Identity> {
    return this.identify({ user, team: this.#team });
  }

  async #refuseStrangers(user: string): Promise<void> {
    const now = performance.now();
    if ((this.#full.get(user) ?? 0) > now) return;
    const { user: found } = await this.#api.ask('users.info', { user });
    const member = (found ?? {}) as Member;
    const isForeign = member.team_id !== undefined && member.team_id !== this.#team;
    const { is_restricted, is_ultra_restricted, is_stranger, is_bot, deleted } = member;
    if (isForeign || [is_restricted, is_ultra_restricted, is_stranger, is_bot, deleted].includes(true))
      throw new CodedError('SLACK_USER_FOREIGN', 'guests, bots and deactivated accounts are not let in');
    if (this.#full.size >= CALLERS_MAX) this.#full.clear();
    this.#full.set(user, now + KNOWN_FOR_MS);
  }
}
