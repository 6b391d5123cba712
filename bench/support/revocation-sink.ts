import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An issuer that revokes whatever it is asked to and keeps nothing, to be forked. `POST /revoke` is RFC 7009, one token a
 * request; `POST /api/tokens/revoke` takes ids in batches, as `http-issuer` sends them. `--answer-ms N`: it takes that long to
 * answer. It sends its port at the start, and on any message how many credentials it took so far.
 */
const answerMs = Number(process.argv[3] ?? 0);
let taken = 0;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.url === '/revoke') {
      taken += 1;
      answer(response, '');
      return;
    }
    const { ids = [] } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { readonly ids?: readonly string[] };
    taken += ids.length;
    const at = new Date().toISOString();
    answer(response, JSON.stringify({ results: ids.map((id) => ({ id, status: 'revoked', at })) }));
  });
});

function answer(response: ServerResponse, body: string): void {
  const write = (): void => void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  if (answerMs === 0) write();
  else setTimeout(write, answerMs);
}

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => process.send?.({ taken }));
process.on('disconnect', () => process.exit(0));
