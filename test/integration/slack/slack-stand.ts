import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncidentView } from '../../../contracts/api.ts';
import type { GateStatus } from '../../../contracts/messages.ts';
import { start } from '../../../gateway/acts.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import { openSlackDoor, type SlackDoor } from '../../../gateway/slack/door.ts';
import type { Ledger } from '../../../ledger/ports.ts';
import { readLibrary } from '../../../playbooks/library.ts';
import { datasetOf } from '../../support/plan-sketch.ts';
import { outsides } from '../engine/outside.ts';
import { DoorStand, until } from '../gateway/door-stand.ts';
import { Deliveries } from '../../../demo/world/slack/deliveries.ts';
import { SIGNING_SECRET } from './signing-secret.ts';
import { SocketSlack } from './socket-slack.ts';

const PLAYBOOK = `
apiVersion: firebreak/v1
kind: Playbook
metadata: {name: store-entered, title: A store was entered, version: 1, tlp: AMBER, tags: {csf: [RS.MI], cacao: [mitigation]}}
inputs:
  type: object
  additionalProperties: false
  required: [store]
  properties:
    store: {type: string, title: Which store, minLength: 1, maxLength: 64}
    severity: {enum: [low, high], title: How bad}
    detected: {$ref: "firebreak:when", title: When it was detected}
roles:
  commander: {title: Incident commander, required: true}
  privacy: {title: Privacy counsel, required: true}
steps:
  - {id: aware, needs: [], uses: facts.ask, with: {of: privacy, keys: [awareAt, riskToPeople, residents]}}
  - {id: shut, needs: [], uses: manual, title: The way in is closed, with: {of: commander, text: entry-closed, evidence: required, sets: entryClosedAt}}
  - {id: scope, needs: [], uses: credentials.list, title: What lay in the store, with: {from: secrets-store, where: {store: "\${{ inputs.store }}"}}}
  - {id: contain, needs: [scope], uses: credentials.revoke, title: Revoke the tokens, forEach: "\${{ steps.scope.dataset }}",
     approval: {any: [commander], within: PT15M, onExpiry: escalate}}
  - {id: prove, needs: [contain], uses: credentials.verify, title: Prove them dead, forEach: "\${{ steps.scope.dataset }}"}
  - {id: close, needs: [prove, aware, shut], uses: incident.close}
`;

/** Tokens that the store of the tests holds. */
export const TOKENS = 42;

/** A ledger in which incidents have rooms: the receipt of a \`chat.open\` that the chat would have left. */
function withRooms(ledger: Ledger, rooms: ReadonlyMap<string, string>): Ledger {
  const effects = new Proxy(ledger.effects, {
    get: (store, name) => {
      if (name === 'subjects')
        return async (...given: Parameters<typeof store.subjects>) =>
          given[1] === 'chat.open' ? (rooms.has(given[0]) ? ['room'] : []) : store.subjects(...given);
      if (name === 'receipts')
        return async (...given: Parameters<typeof store.receipts>) =>
          given[1] === 'chat.open'
            ? [{ at: '', kind: 'outcome', state: 'accepted', body: { result: { room: rooms.get(given[0]) ?? '' } } }]
            : store.receipts(...given);
      const member: unknown = Reflect.get(store, name);
      return typeof member === 'function' ? (member as () => unknown).bind(store) : member;
    },
  });
  return { ...ledger, effects };
}

/** The Slack door on real parts: PostgreSQL, Temporal, the workflows; Slack is on loopback. */
export class SlackStand {
  readonly door: DoorStand;
  readonly slack: SocketSlack;
  readonly deps: GatewayDeps;
  /** Room by incident. */
  readonly rooms: Map<string, string>;
  readonly lines: object[];
  /** With the playbook of the tests. */
  readonly folder: string;

  private constructor(parts: Pick<SlackStand, 'door' | 'slack' | 'deps' | 'rooms' | 'lines'>, folder: string) {
    ({ door: this.door, slack: this.slack, deps: this.deps, rooms: this.rooms, lines: this.lines } = parts);
    this.folder = folder;
  }

  static async open(): Promise<SlackStand> {
    const [door, slack] = await Promise.all([DoorStand.open(), SocketSlack.open()]);
    const folder = await mkdtemp(join(tmpdir(), 'firebreak-slack-'));
    await writeFile(join(folder, 'store-entered.yaml'), PLAYBOOK.trimStart());
    for (const outside of outsides.values())
      outside.scripts['credentials.list'] = () => ({
        outputs: { dataset: datasetOf(TOKENS), rest: datasetOf(TOKENS), count: TOKENS },
      });
    const rooms = new Map<string, string>();
    const lines: object[] = [];
    const deps: GatewayDeps = {
      ...door.deps,
      ledger: withRooms(door.deps.ledger, rooms),
      library: await readLibrary([folder]),
      people: door.deps.people
        .filter(({ id }) => id !== 'wren')
        .map((person) => ({ ...person, slack: slack.users[person.id]! })),
      log: (line) => lines.push(line),
      rate: { perSecond: 1_000, burst: 10_000 },
    };
    return new SlackStand({ door, slack, deps, rooms, lines }, folder);
  }

  /** Opens a door over HTTP. */
  async overHttp(
    more: { readonly cardsEveryMs?: number } = {},
  ): Promise<{ readonly door: SlackDoor; readonly from: Deliveries }> {
    const door = await openSlackDoor(this.deps, {
      ...{ team: this.slack.team, token: this.slack.token, apiUrl: `${this.slack.url}/api/`, cardsEveryMs: 0, ...more },
      reception: { mode: 'http', signingSecret: SIGNING_SECRET, host: '127.0.0.1', port: 0 },
    });
    return { door, from: new Deliveries(this.slack, { url: door.url!, signingSecret: SIGNING_SECRET }) };
  }

  /** Opens a door in Socket Mode. */
  async overSocket(): Promise<{ readonly door: SlackDoor; readonly from: Deliveries }> {
    const door = await openSlackDoor(this.deps, {
      ...{ team: this.slack.team, token: this.slack.token, apiUrl: `${this.slack.url}/api/`, cardsEveryMs: 0 },
      reception: { mode: 'socket', appToken: ['xapp', 'test'].join('-') },
    });
    const { slack } = this;
    return { door, from: new Deliveries(slack, { envelope: (...given) => slack.envelope(...given) }) };
  }

  async close(): Promise<void> {
    await this.door.close();
    await this.slack.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Starts the playbook of the tests. @returns the incident. */
  async started(person: string, more: object = {}): Promise<string> {
    const { roles } = this.deps.people.find(({ id }) => id === person)!;
    const identity = { id: person, isMachine: false, roles, key: { name: 'test', sha256: '' } };
    const body = { playbook: 'store-entered', inputs: { store: 'ci-secrets' }, ...more };
    return (await start(this.deps, { identity, key: `stand-${Math.random()}` }, body)).incident;
  }

  view(incident: string): Promise<IncidentView> {
    return this.door.view(incident);
  }

  gate(incident: string): Promise<GateStatus> {
    return this.door.openGate(incident);
  }

  /** Waits for a call of the Web API. */
  called(method: string, isIt: (args: Readonly<Record<string, unknown>>) => boolean = () => true) {
    return until(`a call of ${method}`, async () =>
      this.slack.calls.findLast((call) => call.method === method && isIt(call.args)),
    );
  }
}
