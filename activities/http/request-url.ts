import { CodedError } from '../../contracts/errors.ts';

/**
 * The address of a request: a path below a configured address, and nothing else.
 *
 * @param base - configured address, e.g. `https://api.example.org/v1`.
 * @param path - absolute path with optional query, e.g. `/widgets?limit=5`.
 * @throws HTTP_PATH_REFUSED when it would leave the address: another host, dots, encoded dots or slashes, a fragment.
 */
export function requestUrl(base: string, path: string): URL {
  const root = new URL(base);
  const prefix = root.pathname.replace(/\/$/, '');
  const refuse = (): never => {
    throw new CodedError('HTTP_PATH_REFUSED', `the path leaves ${root.host}`);
  };
  if (!path.startsWith('/') || path.startsWith('//') || /[\\#\s]|%2f|%5c|%2e/i.test(path)) refuse();
  if (
    path
      .split('?')[0]!
      .split('/')
      .some((segment) => segment === '.' || segment === '..')
  )
    refuse();
  const url = new URL(`${root.origin}${prefix}${path}`);
  if (url.origin !== root.origin || !url.pathname.startsWith(`${prefix}/`)) refuse();
  return url;
}
