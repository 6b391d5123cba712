import type { GivenCredential } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { DetectorConfig } from './config.ts';
import type { DetectorEvent, Get } from './port.ts';

const GITHUB_API = 'https://api.github.com';
const SECRET_MAX_CHARS = 4_000;

/**
 * The leaked credentials of an alert: those that it brought, or the one that is fetched from the detector with our own
 * credential. A body that claims one is not believed.
 *
 * @throws DETECTOR_SECRET_AWAY when it cannot be fetched.
 */
export async function leakedCredentials(
  { credentials, secretPath }: DetectorEvent,
  { api = GITHUB_API, token }: DetectorConfig,
  get: Get,
): Promise<readonly GivenCredential[]> {
  if (secretPath === undefined) return credentials ?? [];
  const headers = {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  let secret: unknown;
  try {
    ({ secret } = JSON.parse(await get(`${api}${secretPath}`, headers)) as { readonly secret?: unknown });
  } catch (cause) {
    throw new CodedError('DETECTOR_SECRET_AWAY', 'the alert could not be read at the detector', { cause });
  }
  if (typeof secret !== 'string' || secret === '' || secret.length > SECRET_MAX_CHARS)
    throw new CodedError('DETECTOR_SECRET_AWAY', 'the alert at the detector shows no secret');
  return [{ value: secret }];
}
