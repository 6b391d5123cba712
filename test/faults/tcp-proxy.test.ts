import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { serveControl } from './control-port.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** Answers every piece with the same bytes. */
async function startEcho(): Promise<Server> {
  const server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('startTcpProxy', () => {
  let echo: Server;
  let proxy: TcpProxy;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    echo = await startEcho();
    proxy = await startTcpProxy((echo.address() as AddressInfo).port);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await proxy.close();
    echo.close();
  });

  async function open(): Promise<Socket> {
    const socket = connect(proxy.port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  /** All bytes until the connection ends or that many have come. */
  async function read(socket: Socket, bytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of socket as AsyncIterable<Buffer>) {
      pieces.push(piece);
      size += piece.length;
      if (size >= bytes) break;
    }
    return Buffer.concat(pieces);
  }

  it('passes on what it is given', async () => {
    const socket = await open();
    socket.write('hello');
    assert.equal((await read(socket, 5)).toString(), 'hello');
    assert.equal(proxy.connections, 1);
  });

  it('makes everything wait while it has latency', async () => {
    const socket = await open();
    proxy.set({ latencyMs: 60 });
    const begunAt = performance.now();
    socket.write('x');
    await read(socket, 1);
    assert.ok(performance.now() - begunAt >= 2 * 60 - 5, 'both ways');
  });

  it('resets a connection at its next piece, and new ones at once', async () => {
    const socket = await open();
    proxy.set({ reset: true });
    socket.write('x');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
    const second = connect(proxy.port, '127.0.0.1');
    sockets.push(second);
    const [refused] = (await once(second, 'error')) as [NodeJS.ErrnoException];
    assert.equal(refused.code, 'ECONNRESET');
  });

  it('swallows everything while it is half open, and passes on again afterwards', async () => {
    const socket = await open();
    proxy.set({ halfOpen: true });
    let isHeard = false;
    socket.on('data', () => (isHeard = true));
    socket.write('lost');
    await new Promise((resolve) => setTimeout(resolve, 100)); // an answer would take under a millisecond
    assert.equal(isHeard, false);
    assert.equal(socket.destroyed, false);
    proxy.set({});
    socket.write('found');
    const [piece] = (await once(socket, 'data')) as [Buffer];
    assert.equal(piece.toString(), 'found');
  });

  it('cuts answers into slices', async () => {
    const socket = await open();
    proxy.set({ sliceBytes: 7 });
    const text = 'abcdefghij'.repeat(50);
    socket.write(text);
    const sizes: number[] = [];
    socket.on('data', (piece: Buffer) => sizes.push(piece.length));
    while (sizes.reduce((sum, size) => sum + size, 0) < text.length) await once(socket, 'data');
    assert.ok(sizes.length > 1, `in ${sizes.length} pieces`);
  });

  it('breaks a connection after its limit of bytes', async () => {
    const socket = await open();
    proxy.set({ limitBytes: 4 });
    const pieces: Buffer[] = [];
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.write('abcdefgh');
    await once(socket, 'close');
    assert.ok(Buffer.concat(pieces).length <= 4);
  });

  it('passes on the end of a connection late', async () => {
    const socket = await open();
    proxy.set({ slowCloseMs: 40 });
    const begunAt = performance.now();
    socket.end();
    socket.resume();
    await once(socket, 'close');
    assert.ok(performance.now() - begunAt >= 2 * 40 - 5, 'on the way there and back');
  });

  describe('with a control port', () => {
    it('is switched by another process, and refuses what is no fault', async () => {
      const control = await serveControl(proxy);
      const put = (body: string) => fetch(`${control.url}/faults`, { method: 'PUT', body });
      assert.equal((await put('{"latencyMs":1}')).status, 200);
      assert.deepEqual(proxy.faults, { latencyMs: 1 });
      for (const wrong of ['{"latencyMs":"1"}', '{"weather":true}', 'no json', 'null'])
        assert.equal((await put(wrong)).status, 422, wrong);
      assert.deepEqual(await (await fetch(`${control.url}/faults`)).json(), { latencyMs: 1 });
      const socket = await open();
      await fetch(`${control.url}/cut`, { method: 'POST' });
      await once(socket, 'close');
      await control.close();
    });
  });
});
