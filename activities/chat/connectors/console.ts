import type { ChatConnector } from '../port.ts';

/**
 * A chat for installations without one: each message is a line for the operator.
 *
 * @param write - takes one line without its end.
 */
export function consoleChat(write: (line: string) => void): ChatConnector {
  let posts = 0;
  const say = (room: string, text: string): void => {
    for (const line of text.split('\n')) write(`${room} | ${line}`);
  };
  return {
    name: 'console',
    effect: 'idempotent',
    checks: false,
    notifiesOwner: false,
    reversible: true,
    needsRawValue: false,
    effectDelayMaxMs: 0,
    endsSessions: false,
    longestRequestMs: 0,
    openRoom: ({ name }) => Promise.resolve({ room: name }),
    post: (room, { text }) => {
      posts += 1;
      say(room, text);
      return Promise.resolve({ id: `line-${posts}` });
    },
    update: (room, _id, { text }) => {
      say(room, text);
      return Promise.resolve();
    },
    pin: () => Promise.resolve(),
    invite: () => Promise.resolve(),
    topic: (room, text) => {
      say(room, `topic: ${text}`);
      return Promise.resolve();
    },
  };
}
