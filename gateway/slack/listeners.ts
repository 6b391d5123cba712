import type { App } from '@slack/bolt';
import { asCoded } from '../http/problem.ts';
import type { RateLimiter } from '../http/rate-limiter.ts';
import { answerForms } from './answer-forms.ts';
import { openAnswer, openFact, pickFact, takeAnswer, takeFact } from './answers.ts';
import { say, type ButtonValue, type SlackMessage } from './blocks.ts';
import { actions } from './cards.ts';
import { isAct, runCommand, type Answer } from './commands.ts';
import {
  pickPlaybook,
  refusedView,
  takeDeclaration,
  takeStart,
  type Submission,
  type SubmissionAnswer,
} from './declare.ts';
import { declarations } from './declare-views.ts';
import { closedHome, homeView } from './home.ts';
import type { SlackHouse, Visitor } from './house.ts';
import { inTime, isPassing, refusalText } from './in-time.ts';
import { dropKept, keepAct, keepingTexts } from './intents.ts';
import { takeDecision, valueOf } from './presses.ts';
import { pickedOption, type ViewValues } from './schema-form.ts';
import type { SlackAccount, WhoIs } from './who-is.ts';

/** Name of the slash command. */
export const COMMAND = '/firebreak';

const READ_WITHIN_MS = 600; // then the answer follows by itself

/** What bodies of interactions hold that we read; the rest is Slack's. */
interface InteractionBody {
  readonly user?: { readonly id?: string; readonly team_id?: string };
  readonly team?: { readonly id?: string } | null;
  readonly trigger_id?: string;
  readonly response_url?: string;
  readonly view?: {
    readonly id?: string;
    readonly private_metadata?: string;
    readonly state?: { readonly values?: unknown };
  };
}

interface ActionPayload {
  readonly value?: string;
  readonly selected_option?: { readonly value?: string } | null;
}

function accountOf({ user, team }: InteractionBody): SlackAccount {
  return { user: user?.id ?? '', team: user?.team_id ?? team?.id ?? '' };
}

/** Everything that the door listens to. */
class Listeners {
  readonly #house: SlackHouse;
  readonly #who: WhoIs;
  readonly #limiter: RateLimiter;

  constructor(house: SlackHouse, who: WhoIs, limiter: RateLimiter) {
    this.#house = house;
    this.#who = who;
    this.#limiter = limiter;
  }

  /** Lets somebody in, at a bearable rate. @throws SLACK_USER_ codes, GATEWAY_RATE_LIMITED */
  async #visitor(account: SlackAccount, trigger: string): Promise<Visitor> {
    this.#limiter.take(`slack:${account.user}`, performance.now());
    return { identity: await this.#who.identify(account), user: account.user, trigger };
  }

  #refused(what: string, user: string, error: unknown): string {
    const coded = asCoded(error);
    const cause = coded.code === 'GATEWAY_INTERNAL' && error instanceof Error ? error.stack : undefined;
    this.#house.deps.log({ door: 'slack', what, user, code: coded.code, ...(cause === undefined ? {} : { cause }) });
    this.#house.refusals.account(what, user, coded.code);
    return refusalText(error);
  }

  command(app: App): void {
    app.command(COMMAND, async ({ command, ack, respond }) => {
      const { user_id: user, team_id: team, trigger_id: trigger, text, channel_id: channel } = command;
      const given = { text, channel };
      const at = new Date().toISOString();
      let visitor: Visitor | undefined;
      const work = async (): Promise<Answer> => {
        visitor = await this.#visitor({ user, team }, trigger);
        return runCommand(this.#house, visitor, given);
      };
      const shown = (answer: SlackMessage): object => ({ response_type: 'ephemeral', ...answer });
      const failed = async (error: unknown): Promise<SlackMessage> => {
        const kept = { act: 'command', command: given } as const;
        const keeping = isAct(given) && visitor ? await keepAct(this.#house, visitor, kept, at, error) : undefined;
        return say(keeping ? keepingTexts[keeping] : this.#refused('command', user, error));
      };
      const told = work().catch(failed);
      try {
        // An act is acknowledged once it is stored; what only reads is answered later where it takes long.
        const answer = await inTime(told, isAct(given) ? undefined : READ_WITHIN_MS);
        await ack(answer ? shown(answer) : undefined);
      } catch (error) {
        if (isAct(given)) {
          await ack(shown(await failed(error)));
          return;
        }
        await ack(shown(say('Looking; the answer follows.')));
        const answer = await told;
        if (answer) await respond(shown(answer)).catch(() => undefined);
      }
    });
  }

  decisions(app: App): void {
    for (const answer of ['approve', 'reject'] as const) {
      app.action(actions[answer], async ({ body, payload, ack, respond }) => {
        const interaction = body as unknown as InteractionBody;
        const account = accountOf(interaction);
        const at = new Date().toISOString();
        let pressed: readonly [Visitor, ButtonValue] | undefined;
        const press = async (): Promise<{ readonly text: string; readonly card?: SlackMessage }> => {
          const visitor = await this.#visitor(account, interaction.trigger_id ?? '');
          const value = valueOf((payload as ActionPayload).value);
          pressed = [visitor, value];
          return takeDecision(this.#house, visitor, value, answer);
        };
        const tell = (message: SlackMessage, more: object): Promise<void> =>
          this.#tell(interaction, account.user, respond, message, more);
        try {
          const { text, card } = await inTime(press());
          await ack();
          if (pressed) await dropKept(this.#house, ...pressed, at);
          await tell(say(text), { replace_original: false });
          if (card) await tell(card, { replace_original: true });
        } catch (error) {
          const [visitor, value] = pressed ?? [];
          const keeping =
            visitor && value && (await keepAct(this.#house, visitor, { act: 'press', value, answer }, at, error));
          const text = keeping ? keepingTexts[keeping] : this.#refused(answer, account.user, error);
          if (keeping === 'kept' || !isPassing(error)) await ack(); // what may not be stored is not acknowledged: Slack marks the button
          await tell(say(text), { replace_original: false });
        }
      });
    }
  }

  /** Tells the one who pressed: at the card where there is one, by direct message from the app's Home. */
  async #tell(
    { response_url: url }: InteractionBody,
    user: string,
    respond: (message: never) => Promise<unknown>,
    message: SlackMessage,
    more: object,
  ): Promise<void> {
    const isRedraw = 'replace_original' in more && more.replace_original === true;
    try {
      const kind = isRedraw ? {} : { response_type: 'ephemeral' };
      if (url !== undefined) await respond({ ...kind, ...message, ...more } as never);
      else if (!isRedraw) await this.#house.api.ask('chat.postMessage', { channel: user, ...message });
    } catch {
      this.#house.deps.log({ door: 'slack', what: 'answer', user, code: 'SLACK_UNAVAILABLE' });
    }
  }

  /** Buttons and menus that only open or change a modal: nothing is to be stored. */
  openers(app: App): void {
    const open = (
      action: string,
      work: (visitor: Visitor, payload: ActionPayload, body: InteractionBody) => Promise<void>,
    ): void => {
      app.action(action, async ({ body, payload, ack, respond }) => {
        const interaction = body as unknown as InteractionBody;
        const account = accountOf(interaction);
        await ack();
        try {
          const visitor = await this.#visitor(account, interaction.trigger_id ?? '');
          await work(visitor, payload as ActionPayload, interaction);
        } catch (error) {
          const text = this.#refused(action, account.user, error);
          await this.#tell(interaction, account.user, respond, say(text), { replace_original: false });
        }
      });
    };
    const viewOf = ({ view }: InteractionBody) => ({ view: view?.id ?? '', state: view?.private_metadata ?? '' });
    const chosen = ({ selected_option: option }: ActionPayload): string => option?.value ?? '';
    open(actions.answer, (visitor, { value }) => openAnswer(this.#house, visitor, valueOf(value)));
    open(actions.sayFact, (visitor, { value }) => openFact(this.#house, visitor, valueOf(value)));
    open(actions.pickFact, (visitor, payload, body) =>
      pickFact(this.#house, visitor, { ...viewOf(body), fact: chosen(payload) }),
    );
    open(actions.pickPlaybook, (visitor, payload, body) =>
      pickPlaybook(this.#house, visitor, { ...viewOf(body), playbook: chosen(payload) }),
    );
  }

  /** Modals: acknowledged with what became of them, once it is stored. */
  forms(app: App): void {
    type Taken = { readonly answer: SubmissionAnswer; readonly after?: () => Promise<void> };
    const take = (callback: string, work: (visitor: Visitor, form: Submission) => Promise<Taken>): void => {
      app.view(callback, async ({ body, view, ack }) => {
        const interaction = body as unknown as InteractionBody;
        const account = accountOf(interaction);
        const entered = view.state.values as unknown as ViewValues;
        try {
          const visitor = await this.#visitor(account, interaction.trigger_id ?? view.id);
          const form = { view: view.id, state: view.private_metadata, entered };
          const { answer, after } = await inTime(work(visitor, form));
          await ack(answer as never);
          await after?.().catch((error: unknown) => this.#refused(callback, account.user, error));
        } catch (error) {
          // on top of the form, so that what was entered stays
          const view = refusedView(this.#refused(callback, account.user, error));
          await ack({ response_action: 'push', view } as never);
        }
      });
    };
    take(declarations.form, (visitor, form) => takeDeclaration(this.#house, visitor, form));
    take(declarations.preview, async (visitor, form) => ({ answer: await takeStart(this.#house, visitor, form) }));
    take(answerForms.step, async (visitor, form) => ({ answer: await takeAnswer(this.#house, visitor, form) }));
    take(answerForms.fact, async (visitor, form) => {
      const picked = pickedOption(form.entered, 'fact', actions.pickFact);
      return { answer: await takeFact(this.#house, visitor, { ...form, fact: picked }) };
    });
  }

  home(app: App): void {
    app.event('app_home_opened', async ({ event, body }) => {
      if (event.tab !== 'home') return;
      const account = { user: event.user, team: body.team_id };
      const view = await this.#visitor(account, '')
        .then(({ identity }) => homeView(this.#house, identity))
        .catch((error: unknown) => {
          this.#refused('home', event.user, error);
          return closedHome(error);
        });
      await this.#house.api
        .ask('views.publish', { user_id: event.user, view })
        .catch((error: unknown) => this.#refused('home', event.user, error));
    });
    app.event('reaction_added', () => Promise.resolve()); // stored before it was acknowledged: see door.ts
  }
}

/** Registers everything that the door listens to. */
export function listen(app: App, house: SlackHouse, who: WhoIs, limiter: RateLimiter): void {
  const listeners = new Listeners(house, who, limiter);
  listeners.command(app);
  listeners.decisions(app);
  listeners.openers(app);
  listeners.forms(app);
  listeners.home(app);
}
