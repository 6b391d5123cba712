import type { FastifyRequest } from 'fastify';
import { errorEntry, type ErrorCode } from '../../contracts/errors.ts';
import { isIncidentId } from '../../contracts/ids.ts';
import type { RefusedRequest } from './refusal-log.ts';

/** Statuses of what is on record: who is not known, may not, comes twice or too often. */
const RECORDED = new Set([401, 403, 409, 429]);

/** Whether a refusal with that status is put on record, whichever door it was at. */
export function isOnRecord(status: number): boolean {
  return RECORDED.has(status);
}

const DETECTOR = /^[a-z][a-z0-9-]{0,63}$/;

/** Codes of which only a detector that is configured can be refused with. */
function isOfDetector(code: ErrorCode): boolean {
  return code.startsWith('DETECTOR_') && code !== 'DETECTOR_UNKNOWN';
}

/** Who asked: as known as it is. A detector is named once its name is one that is configured. */
function whoOf(request: FastifyRequest, code: ErrorCode): string {
  const identity = request.identity as FastifyRequest['identity'] | undefined;
  if (identity) return identity.id;
  const { name } = request.params as { readonly name?: string };
  const isDetector = request.routeOptions.config.endpoint?.id === 'deliver' && isOfDetector(code);
  return isDetector && name !== undefined && DETECTOR.test(name) ? `detector:${name}` : `address:${request.ip}`;
}

/** What is put on record of a refusal; `undefined` where nothing is. */
export function refusalOf(request: FastifyRequest, code: ErrorCode): RefusedRequest | undefined {
  const { endpoint } = request.routeOptions.config;
  if (!endpoint || !(isOnRecord(errorEntry(code).http) || endpoint.id === 'deliver')) return undefined;
  const { id } = request.params as { readonly id?: string };
  return {
    ...{ who: whoOf(request, code), route: `${request.method} ${endpoint.path}`, code, request: request.id },
    ...(id !== undefined && isIncidentId(id) ? { incident: id } : {}),
  };
}
