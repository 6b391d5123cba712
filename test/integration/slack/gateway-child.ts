import { Client, Connection } from '@temporalio/client';
import { openSlackDoor } from '../../../gateway/slack/door.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import { openLedger } from '../../../ledger/open.ts';
import { readLibrary } from '../../../playbooks/library.ts';
import { standDeps } from '../../unit/gateway/stand.ts';
import { TEST_KEY } from '../ledger/open-test-ledger.ts';

/** What a gateway in a process of its own is told, as JSON in its first argument. */
export interface ChildOptions {
  readonly database: string;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly library: string;
  readonly people: GatewayDeps['people'];
  readonly slack: { readonly team: string; readonly token: string; readonly apiUrl: string };
  readonly signingSecret: string;
  readonly cardsEveryMs: number;
}

const options = JSON.parse(process.argv[2]!) as ChildOptions;
const { address, namespace } = options.temporal;
const door = await openSlackDoor(
  standDeps({
    ledger: await openLedger({ url: options.database, keyEncryptionKey: TEST_KEY, opens: [] }),
    client: new Client({ connection: await Connection.connect({ address }), namespace }),
    library: await readLibrary([options.library]),
    people: options.people,
  }),
  {
    ...options.slack,
    cardsEveryMs: options.cardsEveryMs,
    reception: { mode: 'http', signingSecret: options.signingSecret, host: '127.0.0.1', port: 0 },
  },
);
process.stdout.write(`${door.url!}\n`);
