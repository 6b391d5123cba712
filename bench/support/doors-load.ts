import { connect, type Socket } from 'node:net';
import { requestsOf, type DoorsLoad } from './doors-schedule.ts';

/** What came of a load, sent to the parent when everything was answered. */
export interface LoadReport {
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** From when a trigger was to be sent to the end of its answer, milliseconds, ascending. */
  readonly latencies: readonly number[];
  /** From the first trigger's time to the last answer. */
  readonly ms: number;
  /** Processor time that the generator itself took, milliseconds. */
  readonly cpuMs: number;
}

const CONNECTIONS = 128;
const LONGEST_MS = 30_000;
const STATUS_AT = 'HTTP/1.1 '.length;
const LENGTH = /content-length: (\d+)/i;

/** A kept connection: one request at a time, its answer read no further than to its end. */
class Line {
  readonly #socket: Socket;
  #answered: ((status: string) => void) | undefined;
  #failed: (() => void) | undefined;
  #text = '';

  constructor(host: string, port: number) {
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (chunk) => this.#read(chunk as unknown as string));
    this.#socket.on('error', () => this.#failed?.());
    this.#socket.on('close', () => this.#failed?.());
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#socket.once('error', reject);
    });
  }

  send(request: Buffer, answered: (status: string) => void): void {
    this.#answered = answered;
    this.#failed = () => {
      this.#failed = undefined;
      answered('no answer');
    };
    this.#socket.write(request);
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    this.#text += chunk;
    const headEnd = this.#text.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = Number(LENGTH.exec(this.#text)?.[1] ?? 0);
    if (this.#text.length < headEnd + 4 + length) return;
    const status = this.#text.slice(STATUS_AT, STATUS_AT + 3);
    this.#text = '';
    this.#failed = undefined;
    this.#answered?.(status);
  }
}

/** Sends a load at its own pace: a trigger whose time has come while every connection is busy waits, and its clock runs. */
async function drive(load: DoorsLoad): Promise<LoadReport> {
  const requests = requestsOf(load, Math.floor(Date.now() / 1_000));
  const { hostname, port } = new URL(load.url);
  const lines = Array.from({ length: CONNECTIONS }, () => new Line(hostname, Number(port)));
  await Promise.all(lines.map((line) => line.open()));
  const idle = [...lines];
  const latencies = new Float64Array(requests.length);
  const statuses: Record<string, number> = {};
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const timeOf = (index: number): number => startedAt + (index * 1_000) / load.perSecond;
  let [sent, done] = [0, 0];
  await new Promise<void>((finished) => {
    const end = (): void => {
      clearInterval(tick);
      finished();
    };
    const sendDue = (): void => {
      const now = performance.now();
      while (sent < requests.length && timeOf(sent) <= now) {
        const line = idle.pop();
        if (!line) return;
        const index = sent;
        sent += 1;
        line.send(requests[index]!, (status) => {
          latencies[index] = performance.now() - timeOf(index);
          statuses[status] = (statuses[status] ?? 0) + 1;
          done += 1;
          idle.push(line);
          if (done === requests.length) end();
          else sendDue();
        });
      }
    };
    const tick = setInterval(() => {
      sendDue();
      if (performance.now() > timeOf(requests.length) + LONGEST_MS) end();
    }, 1);
  });
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  for (const line of lines) line.close();
  if (done < requests.length) statuses['no answer'] = (statuses['no answer'] ?? 0) + requests.length - done;
  return {
    statuses,
    latencies: [...latencies].sort((left, right) => left - right),
    ms,
    cpuMs: (user + system) / 1_000,
  };
}

process.once('message', (load: DoorsLoad) => {
  void drive(load).then((report) => process.send!(report, () => process.exit()));
});
