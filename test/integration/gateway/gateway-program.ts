import { createServer } from '../../../gateway/http/server.ts';
import { openLedger } from '../../../ledger/open.ts';
import { standDeps } from '../../unit/gateway/stand.ts';
import { TEST_KEY } from '../ledger/open-test-ledger.ts';

/** A gateway as a process of its own, to be killed: `LEDGER_URL`, `PORT`. It writes its address once it listens. */
const ledger = await openLedger({ url: process.env['LEDGER_URL']!, keyEncryptionKey: TEST_KEY, opens: [] });
const app = createServer(standDeps({ ledger, events: { pollMs: 20, beatMs: 200, settleMs: 300 } }));
console.log(await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) }));
