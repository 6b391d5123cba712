import { pino, type Logger } from 'pino';
import type { Scrubber } from './scrubber.ts';

/** JSON logs on standard output; credentials are taken out of the finished line, wherever they stood in it. */
export function createLogger(name: string, scrubber: Scrubber): Logger {
  return pino(
    { name, base: { name }, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => process.stdout.write(scrubber.scrub(line)) },
  );
}
