import { createServer } from '../../../../gateway/http/server.ts';
import { standDeps } from '../stand.ts';

/** `METHOD path` of every route that the server has. */
export function declaredRoutes(): readonly string[] {
  const found: string[] = [];
  const stack: string[] = [];
  for (const line of createServer(standDeps()).printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^([│ ]*)[├└]── (\S*) ?(?:\((.+)\))?$/u.exec(line);
    if (!match) continue;
    const depth = match[1]!.length / 4;
    stack.length = depth;
    stack.push(match[2]!);
    for (const method of match[3]?.split(', ') ?? []) if (method !== 'HEAD') found.push(`${method} ${stack.join('')}`);
  }
  return found;
}
