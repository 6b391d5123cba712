import assert from 'node:assert/strict';
import type { ConformanceCase } from '../../conformance.ts';
import type { ChatConnector } from '../port.ts';

/** A message as the chat holds it, read without the connector. */
export interface SeenMessage {
  readonly id: string;
  readonly text: string;
  readonly metadata: unknown;
}

/** What the cases need of a chat beside the connector. */
export interface ChatBench {
  readonly connector: ChatConnector;
  freshKey(): string;
  /** Messages of a room that people wrote or we posted, oldest first. */
  messages(room: string): Promise<readonly SeenMessage[]>;
  /** Opens a room of that name as somebody else. */
  occupy(name: string): Promise<void>;
  /** Lets the next post happen and loses its answer. */
  loseNextPost(): void;
  /** Lets the next opening of a room happen and loses its answer. */
  loseNextRoom(): void;
}

const roomOf = async (bench: ChatBench): Promise<string> => {
  const key = bench.freshKey();
  return (await bench.connector.openRoom({ name: `case-${key.slice(0, 12)}`, isPrivate: false, key })).room;
};

/** Conformance cases of `chat` connectors. */
export const chatCases: readonly ConformanceCase<ChatBench>[] = [
  {
    name: 'opens one room for one key',
    run: async ({ connector, ...bench }) => {
      const key = bench.freshKey();
      const draft = { name: `case-${key.slice(0, 12)}`, isPrivate: false, key };
      const first = await connector.openRoom(draft);
      assert.deepEqual(await connector.openRoom(draft), first);
    },
  },
  {
    name: 'adopts the room whose opening lost its answer',
    run: async (bench) => {
      const key = bench.freshKey();
      const draft = { name: `case-${key.slice(0, 12)}`, isPrivate: false, key };
      bench.loseNextRoom();
      await assert.rejects(bench.connector.openRoom(draft), { name: 'CodedError' });
      assert.ok((await bench.connector.openRoom(draft)).room);
    },
  },
  {
    name: 'refuses a name that somebody else holds',
    run: async (bench) => {
      const key = bench.freshKey();
      const name = `case-${key.slice(0, 12)}`;
      await bench.occupy(name);
      await assert.rejects(bench.connector.openRoom({ name, isPrivate: false, key }), { code: 'CHAT_NAME_TAKEN' });
    },
  },
  {
    name: 'posts once though the answer of the first post was lost',
    run: async (bench) => {
      const room = await roomOf(bench);
      const key = bench.freshKey();
      bench.loseNextPost();
      await assert.rejects(bench.connector.post(room, { text: 'said once' }, key, false), { name: 'CodedError' });
      const { id } = await bench.connector.post(room, { text: 'said once' }, key, true);
      const said = (await bench.messages(room)).filter(({ text }) => text === 'said once');
      assert.deepEqual(
        said.map((message) => message.id),
        [id],
      );
    },
  },
  {
    name: 'keeps nothing but the key in metadata',
    run: async (bench) => {
      const room = await roomOf(bench);
      const key = bench.freshKey();
      const { id } = await bench.connector.post(room, { text: 'about 12 people' }, key, false);
      const seen = (await bench.messages(room)).find((message) => message.id === id);
      assert.deepEqual(seen?.metadata, { event_type: 'firebreak_post', event_payload: { key } });
    },
  },
  {
    name: 'rewrites its message in place',
    run: async (bench) => {
      const room = await roomOf(bench);
      const { id } = await bench.connector.post(room, { text: 'before' }, bench.freshKey(), false);
      await bench.connector.update(room, id, { text: 'after', sections: ['*after*'] });
      const texts = (await bench.messages(room)).filter((message) => message.id === id).map(({ text }) => text);
      assert.deepEqual(texts, ['after']);
    },
  },
  {
    name: 'pins its message, and leaves it pinned when asked again',
    run: async (bench) => {
      const room = await roomOf(bench);
      const { id } = await bench.connector.post(room, { text: 'status' }, bench.freshKey(), false);
      await bench.connector.pin(room, id);
      await bench.connector.pin(room, id);
      await assert.rejects(bench.connector.pin(room, '1.000001'), { name: 'CodedError' });
    },
  },
  {
    name: 'shows data as data: markup in a text is escaped',
    run: async (bench) => {
      const room = await roomOf(bench);
      const { id } = await bench.connector.post(room, { text: '<!channel> & <@U1>' }, bench.freshKey(), false);
      const seen = (await bench.messages(room)).find((message) => message.id === id);
      assert.equal(seen?.text, '&lt;!channel&gt; &amp; &lt;@U1&gt;');
    },
  },
  {
    name: 'says that it does not know a person',
    run: async (bench) => {
      const room = await roomOf(bench);
      await assert.rejects(bench.connector.invite(room, { address: 'nobody@staff.example.org' }), {
        code: 'CHAT_PERSON_UNKNOWN',
      });
    },
  },
];
