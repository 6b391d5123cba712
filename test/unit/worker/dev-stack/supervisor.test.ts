import assert from 'node:assert/strict';
import { Supervised, type Service } from '../../../../worker/dev-stack/supervisor.ts';

/** A service that ends when the test says so. */
class FakeService implements Service {
  readonly pid: number;
  readonly ended: Promise<void>;
  end: () => void = () => undefined;

  constructor(pid: number) {
    this.pid = pid;
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  stop(): Promise<void> {
    this.end();
    return this.ended;
  }
}

function scripted(): { supervised: Supervised<FakeService>; started: FakeService[]; said: string[] } {
  const started: FakeService[] = [];
  const said: string[] = [];
  const supervised = new Supervised<FakeService>({
    name: 'worker',
    say: (line) => said.push(line),
    start: () => {
      started.push(new FakeService(started.length + 1));
      return Promise.resolve(started.at(-1)!);
    },
  });
  return { supervised, started, said };
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!isSo()) {
    assert.ok(Date.now() < deadline, 'it did not come');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('Supervised', () => {
  it('starts again what ended unasked, and counts it', async () => {
    const { supervised, started, said } = scripted();
    await supervised.start();
    started[0]!.end();
    await until(() => supervised.current?.pid === 2);
    assert.equal(supervised.crashes, 1);
    assert.deepEqual(said, ['worker ended unasked; it is started again']);
    await supervised.stop();
  });

  it('lets what was stopped rest', async () => {
    const { supervised, started } = scripted();
    await supervised.start();
    await supervised.stop();
    assert.equal(started.length, 1);
    assert.equal(supervised.crashes, 0);
  });

  it('ends what was started into a stop', async () => {
    const service = new FakeService(1);
    let finish = (): void => undefined;
    const supervised = new Supervised<FakeService>({
      name: 'worker',
      say: () => undefined,
      start: (signal) =>
        new Promise((resolve) => {
          finish = () => resolve(service);
          assert.equal(signal.aborted, false);
        }),
    });
    const starting = supervised.start();
    const stopping = supervised.stop();
    finish();
    await Promise.all([starting, stopping]);
    await service.ended;
  });

  it('tells the caller that the first start failed', async () => {
    const supervised = new Supervised<FakeService>({
      name: 'worker',
      say: () => undefined,
      start: () => Promise.reject(new RangeError('no')),
    });
    await assert.rejects(supervised.start(), RangeError);
    await supervised.stop();
  });
});
