import { errorEntry, isErrorCode } from '../contracts/errors.ts';

/** How the command line ends. @source sysexits.h for 69 and 78 */
export const exitCodes = {
  ok: 0,
  /** Refused or failed: the message says what to do. */
  refused: 1,
  /** The command line is not understood. */
  usage: 2,
  /** Gateway, engine or ledger do not answer now: the same command may work later. */
  unavailable: 69,
  /** No address or key for the gateway. */
  config: 78,
} as const;

const UNAVAILABLE_FROM = 500;

/** The exit code of an error code; those that nobody registered are refusals. */
export function exitCodeOf(code: string): number {
  if (code === 'CLI_NOT_CONFIGURED' || code.startsWith('CONFIG_')) return exitCodes.config;
  if (code === 'CLI_USAGE') return exitCodes.usage;
  if (!isErrorCode(code)) return exitCodes.refused;
  const { kind, http } = errorEntry(code);
  return kind === 'retryable' && http >= UNAVAILABLE_FROM ? exitCodes.unavailable : exitCodes.refused;
}
