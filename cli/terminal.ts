import { fileURLToPath } from 'node:url';

/** What the command line stands on; tests give their own. */
export interface Terminal {
  /** Answers, to standard output. */
  readonly write: (text: string) => void;
  /** Errors and hints, to standard error. */
  readonly warn: (text: string) => void;
  /** Asks a person; only where {@link isTerminal}. */
  readonly ask: (question: string) => Promise<string>;
  /** Whether a person sits there. */
  readonly isTerminal: boolean;
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

/** The terminal of this process. */
export function processTerminal(): Terminal {
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
    isTerminal: process.stdin.isTTY && process.stderr.isTTY,
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
