import { readFileSync } from 'node:fs';
import { CodedError } from '../contracts/errors.ts';
import type { SecretReader } from '../activities/port.ts';

/**
 * Makes a reader of secret references: `env:NAME` is an environment variable, `file:PATH` the trimmed content of a file.
 *
 * @param environment - usually `process.env`.
 * @param learn - told every value that is read, so that it can be kept out of logs.
 */
export function secretReader(
  environment: Readonly<Record<string, string | undefined>>,
  learn: (value: string) => void,
): SecretReader {
  return (reference) => {
    const [, scheme, name = ''] = /^(env|file):(.+)$/.exec(reference) ?? [];
    if (scheme === undefined)
      throw new CodedError('CONFIG_SECRET_MISSING', 'a secret reference begins with `env:` or `file:`');
    const value = scheme === 'env' ? environment[name] : readFile(name);
    if (value === undefined || value === '')
      throw new CodedError('CONFIG_SECRET_MISSING', `${scheme}:${name} is not set or empty`);
    learn(value);
    return value;
  };
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
