import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { COMMAND } from '../../../../gateway/slack/listeners.ts';
import { SLACK_PATH } from '../../../../gateway/slack/receivers.ts';
import { slackEvents, slackMethods } from '../../../../gateway/slack/web-api.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');

/** Bot scopes of the methods that the rooms and posts of `activities/chat` call. @source Slack: each method's page */
const chatMethods: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.create': ['channels:manage', 'groups:write'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.invite': ['channels:manage', 'groups:write'],
  'conversations.list': ['channels:read', 'groups:read'],
  'conversations.setPurpose': ['channels:manage', 'groups:write'],
  'conversations.setTopic': ['channels:manage', 'groups:write'],
  'pins.add': ['pins:write'],
  'users.lookupByEmail': ['users:read.email'],
};

interface Manifest {
  readonly features: {
    readonly slash_commands: readonly { readonly command: string; readonly url?: string }[];
    readonly app_home: { readonly home_tab_enabled: boolean };
  };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: {
    readonly socket_mode_enabled: boolean;
    readonly interactivity: { readonly is_enabled: boolean; readonly request_url?: string };
    readonly event_subscriptions: { readonly bot_events: readonly string[]; readonly request_url?: string };
  };
}

function read(name: string): Manifest {
  return parse(readFileSync(resolve(ROOT, 'deploy/slack', name), 'utf8')) as Manifest;
}

/** Methods of the Web API that a file calls by name. */
function methodsIn(file: string): readonly string[] {
  const text = readFileSync(resolve(ROOT, file), 'utf8');
  return [...new Set([...text.matchAll(/ask\(\s*'([a-z]+\.[a-zA-Z.]+)'/g)].map(([, method]) => method!))];
}

describe('the Slack manifests', () => {
  const [socket, http] = [read('manifest-socket.yaml'), read('manifest-http.yaml')];

  it('ask for the scopes that the code needs, and for no other', () => {
    const chat = methodsIn('activities/chat/connectors/slack.ts');
    assert.ok(chat.length > 5, 'the calls of the chat are found');
    assert.deepEqual(
      chat.filter((method) => !Object.hasOwn(chatMethods, method)),
      [],
    );
    const scopes = [
      'commands',
      ...chat.flatMap((method) => chatMethods[method]!),
      ...Object.values(slackMethods).flat(),
      ...Object.values(slackEvents).flat(),
      'users:read', // users:read.email cannot be asked for without it
    ];
    for (const manifest of [socket, http])
      assert.deepEqual([...manifest.oauth_config.scopes.bot].sort(), [...new Set<string>(scopes)].sort());
  });

  it('subscribe to the events that the code listens to, and to no other', () => {
    for (const { settings } of [socket, http])
      assert.deepEqual([...settings.event_subscriptions.bot_events].sort(), Object.keys(slackEvents).sort());
  });

  it('name the command, Home and interactivity', () => {
    for (const { features, settings } of [socket, http]) {
      assert.deepEqual(
        features.slash_commands.map(({ command }) => command),
        [COMMAND],
      );
      assert.equal(features.app_home.home_tab_enabled, true);
      assert.equal(settings.interactivity.is_enabled, true);
    }
  });

  it('differ in how deliveries come in, and in nothing else', () => {
    assert.equal(socket.settings.socket_mode_enabled, true);
    assert.equal(http.settings.socket_mode_enabled, false);
    const urls = [
      http.features.slash_commands[0]?.url,
      http.settings.interactivity.request_url,
      http.settings.event_subscriptions.request_url,
    ];
    for (const url of urls) assert.equal(new URL(url!).pathname, SLACK_PATH);
    const bare = (manifest: Manifest): unknown =>
      JSON.parse(
        JSON.stringify(manifest, (key, value: unknown) =>
          ['url', 'request_url', 'socket_mode_enabled'].includes(key) ? undefined : value,
        ),
      );
    assert.deepEqual(bare(http), bare(socket));
  });
});
