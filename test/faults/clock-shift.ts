import { spawnSync } from 'node:child_process';

/** Why clocks cannot be shifted on this machine; `undefined` where they can. */
export function whyNoClockShift(): string | undefined {
  const { status } = spawnSync('faketime', ['--version']);
  return status === 0 ? undefined : 'faketime is not installed (Debian package faketime)';
}

/**
 * How a program is started with a shifted wall clock; its monotonic clock runs on. It works for programs that read the clock
 * through the C library, such as Node, and not for the statically linked Temporal server.
 *
 * @param shift - in faketime's words: `+72h`, `-1h`.
 */
export function withShiftedClock(
  shift: string,
  command: string,
  args: readonly string[],
): {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
} {
  return {
    command: 'faketime',
    args: ['-f', shift, command, ...args],
    environment: { FAKETIME_DONT_FAKE_MONOTONIC: '1' },
  };
}
