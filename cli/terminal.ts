import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** A screen, in characters. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

/** What the command line stands on; tests give their own. */
export interface Terminal {
  /** Answers, to standard output. */
  readonly write: (text: string) => void;
  /** Errors and hints, to standard error. */
  readonly warn: (text: string) => void;
  /** Asks a person; only where {@link isTerminal}. */
  readonly ask: (question: string) => Promise<string>;
  /** Asks a person for something that is not shown while it is typed; only where {@link isTerminal}. */
  readonly askSecret: (question: string) => Promise<string>;
  /** Whether a person sits there. */
  readonly isTerminal: boolean;
  /** Size of the screen that {@link write} writes to; absent where standard output is a file or a pipe. */
  readonly screen?: Screen;
  /** Everything of standard input. */
  readonly readInput: () => Promise<string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  readonly folder: string;
  /** Where this command line itself lies: its development stack is found from everywhere. */
  readonly checkout?: string;
  readonly fetch: typeof fetch;
  /** Waits; rejects when the person gives up. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Swallows what readline would echo. */
function silence(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { columns, rows } = process.stdout;
  return {
    write: (text) => process.stdout.write(text),
    warn: (text) => process.stderr.write(text),
    ask: async (question) => {
      const { createInterface } = await import('node:readline/promises');
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
    askSecret: async (question) => {
      const { createInterface } = await import('node:readline/promises');
      process.stderr.write(question);
      const lines = createInterface({ input: process.stdin, output: silence(), terminal: true });
      try {
        return await lines.question('');
      } finally {
        lines.close();
        process.stderr.write('\n');
      }
    },
    isTerminal: process.stdin.isTTY && process.stderr.isTTY,
    ...(process.stdout.isTTY ? { screen: { columns, rows } } : {}),
    readInput: async () => {
      const parts: Buffer[] = [];
      for await (const part of process.stdin) parts.push(part as Buffer);
      return Buffer.concat(parts).toString('utf8');
    },
    environment: process.env,
    folder: process.cwd(),
    checkout: fileURLToPath(new URL('..', import.meta.url)),
    fetch,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}
