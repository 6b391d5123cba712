import type { Fault } from '../../activities/conformance.ts';
import type { FaultProxy } from './fault-proxy.ts';

/** Faults that a proxy in front of an HTTP provider can make. */
export const httpFaults: readonly Fault[] = [
  'rate-limit',
  'wrong-key',
  'unreachable',
  'nonsense',
  'error-inside',
  'endless',
  'silence',
  'cut',
  'error-after',
];

/**
 * Spoils the next acting request of a connector that stands behind a proxy.
 *
 * @param path - part of the acting path.
 * @param method - of the acting request.
 */
export async function spoilHttp(proxy: FaultProxy, fault: Fault, path: string, method = 'POST'): Promise<void> {
  const spoil = (how: Parameters<FaultProxy['spoil']>[0]['how']): void => proxy.spoil({ method, path, how });
  if (fault === 'unreachable') await proxy.pause();
  else if (fault === 'rate-limit') spoil(429);
  else if (fault === 'wrong-key') spoil(401);
  else if (fault === 'cut') spoil('drop-answer');
  else spoil(fault);
}
