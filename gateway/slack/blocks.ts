import { scrubTokens } from '../../contracts/token-shapes.ts';

/** A block or an element of Block Kit. */
export type Block = Readonly<Record<string, unknown>>;

/** A text for readers and notifications, and blocks for the eye; always both, since a text alone deletes blocks. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly Block[];
}

const SECTION_MAX = 2_900; // characters; Slack refuses more than 3,000, and escaping has been counted by then
const LABEL_MAX = 74; // plain texts of buttons and options may have 75
const TITLE_MAX = 24; // the title of a modal
/** Blocks of a message, with room for a last one. @source Slack: 50 a message, 100 a modal or home */
export const MESSAGE_BLOCKS_MAX = 48;
export const VIEW_BLOCKS_MAX = 96;

/** At most that many characters, whole ones. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** Makes text harmless for Slack: `&`, `<`, `>` open its markup, and what looks like a credential is taken out. */
export function escape(text: string): string {
  return scrubTokens(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A paragraph; `*bold*` and backticks work, links and mentions do not. */
export function section(text: string, accessory?: Block): Block {
  const body = { type: 'mrkdwn', text: clip(escape(text), SECTION_MAX) || ' ', verbatim: true };
  return { type: 'section', text: body, ...(accessory ? { accessory } : {}) };
}

/** A line in small print. */
export function context(text: string): Block {
  return {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: clip(escape(text), SECTION_MAX) || ' ', verbatim: true }],
  };
}

/** A text as it would be sent, between fences that it cannot close. */
export function quoted(text: string, max: number): string {
  return `\`\`\`\n${clip(text.replaceAll('```', "'''"), max)}\n\`\`\``;
}

/** A heading. */
export function header(text: string): Block {
  return { type: 'header', text: plain(text, 140) };
}

/** Plain text: nothing in it is markup. */
export function plain(text: string, max = LABEL_MAX): Block {
  return { type: 'plain_text', text: clip(scrubTokens(text), max) || ' ' };
}

/** What a button carries: ids and a digest, nothing that has a meaning of its own. */
export interface ButtonValue {
  /** Incident. */
  readonly i: string;
  /** Gate. */
  readonly g?: string;
  /** Gate digest. */
  readonly d?: string;
  /** Step. */
  readonly s?: string;
}

/** A button. @param ask - what Slack asks before it sends the press; no protection, only against a slip. */
export function button(
  action: string,
  label: string,
  value: ButtonValue,
  { style, ask }: { readonly style?: 'primary' | 'danger'; readonly ask?: string } = {},
): Block {
  const confirm = ask && {
    title: plain('Are you sure?'),
    text: plain(ask, 290),
    confirm: plain(label, 29),
    deny: plain('Back'),
  };
  return {
    type: 'button',
    action_id: action,
    text: plain(label),
    value: JSON.stringify(value),
    ...(style ? { style } : {}),
    ...(confirm ? { confirm } : {}),
  };
}

/** Buttons in a row. */
export function buttons(...elements: readonly Block[]): Block {
  return { type: 'actions', elements };
}

/** A message of blocks, cut to what Slack takes; its first texts are the text for readers. */
export function message(text: string, blocks: readonly Block[]): SlackMessage {
  const left = blocks.length - MESSAGE_BLOCKS_MAX;
  const shown = left > 0 ? [...blocks.slice(0, MESSAGE_BLOCKS_MAX), context(`and ${left} more`)] : blocks;
  return { text: clip(escape(text), SECTION_MAX), blocks: shown };
}

/** A message of one paragraph. */
export function say(text: string): SlackMessage {
  return message(text, [section(text)]);
}

/** A modal. @param state - ids, never content: everybody who opens the modal's source can read it. */
export function modal(
  callback: string,
  title: string,
  blocks: readonly Block[],
  {
    submit,
    state,
    externalId,
  }: { readonly submit?: string; readonly state?: object; readonly externalId?: string } = {},
): Block {
  return {
    type: 'modal',
    callback_id: callback,
    title: plain(title, TITLE_MAX),
    close: plain('Close'),
    ...(submit === undefined ? {} : { submit: plain(submit, TITLE_MAX) }),
    ...(state === undefined ? {} : { private_metadata: JSON.stringify(state) }),
    ...(externalId === undefined ? {} : { external_id: externalId }),
    blocks: blocks.slice(0, VIEW_BLOCKS_MAX),
  };
}
