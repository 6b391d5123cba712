import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A server in a process of its own: what takes must not share a thread with what is measured. */
export interface Sink {
  readonly port: number;
  /** How many it took so far. */
  taken(): Promise<number>;
  close(): void;
}

/**
 * Starts one of the sinks of this folder.
 *
 * @param answerMs - how long it takes to answer; the revocation sink only.
 */
export async function startSink(program: 'smtp-sink.ts' | 'revocation-sink.ts', answerMs = 0): Promise<Sink> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = fork(path, ['--answer-ms', String(answerMs)], { execArgv: ['--import=tsx'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    taken: async () => {
      child.send('count');
      const [{ taken }] = (await once(child, 'message')) as [{ taken: number }];
      return taken;
    },
    close: () => child.disconnect(),
  };
}
