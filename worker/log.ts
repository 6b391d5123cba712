import { pino, type Logger } from 'pino';
import { scrubTokens } from '../contracts/token-shapes.ts';

/** JSON logs on standard output; token shapes are taken out of the finished line, wherever they stood in it. */
export function createLogger(name: string): Logger {
  return pino(
    { name, base: { name }, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => process.stdout.write(scrubTokens(line)) },
  );
}
