import { endpoints } from './endpoints/all.ts';
import { streams } from './endpoint.ts';

const patterns = endpoints.map((endpoint) => ({
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replaceAll(/[.]/g, '\\.').replaceAll(/:[a-z]+/g, '[^/]+')}$`),
}));

/** Methods that a path takes, for `Allow`; empty where there is no such path. @source RFC 9110 section 10.2.1 */
export function methodsOf(url: string): readonly string[] {
  const path = url.split('?', 1)[0]!;
  const found = patterns.filter(({ pattern }) => pattern.test(path)).map(({ endpoint }) => endpoint);
  if (found.length === 0) return [];
  const heads = found.some((endpoint) => endpoint.method === 'GET' && !streams(endpoint)) ? ['HEAD'] : [];
  return [...new Set([...found.map(({ method }) => method), ...heads, 'OPTIONS'])].sort();
}
