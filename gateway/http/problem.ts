import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { CodedError, errorEntry, isCodedError, isErrorCode, type ErrorCode } from '../../contracts/errors.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';

/** A problem document with our code. @source RFC 9457 */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly requestId: string;
}

/** Codes of the framework's own refusals. */
const FRAMEWORK: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'GATEWAY_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'GATEWAY_MEDIA_TYPE',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'GATEWAY_BODY_INVALID',
  FST_ERR_CTP_INVALID_JSON_BODY: 'GATEWAY_BODY_INVALID',
  FST_ERR_VALIDATION: 'GATEWAY_BODY_INVALID',
};

/** Makes any error a coded one: what the workflow refused keeps its code. */
export function asCoded(error: unknown): CodedError {
  if (isCodedError(error)) return error;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message } = error.cause;
    if (type && isErrorCode(type)) return new CodedError(type, message);
  }
  if (error instanceof WorkflowNotFoundError)
    return new CodedError('INCIDENT_OVER', 'the incident has no running workflow any more');
  if (error instanceof ServiceError)
    return new CodedError('GATEWAY_ENGINE_AWAY', 'the Temporal server did not answer', { cause: error });
  const { code, message } = error as Partial<FastifyError>;
  const framework = FRAMEWORK[code ?? ''];
  if (framework) return new CodedError(framework, scrubTokens(message ?? 'the body is not valid'));
  return new CodedError('GATEWAY_INTERNAL', 'something failed inside', { cause: error });
}

/** Answers an error as a problem document; nothing of the request is echoed. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): CodedError {
  const coded = asCoded(error);
  const { http: status, message: title, remedy, kind } = errorEntry(coded.code);
  const problem: Problem = {
    type: `urn:firebreak:error:${coded.code}`,
    title,
    status,
    detail: scrubTokens(`${coded.what}. ${remedy}`),
    code: coded.code,
    remedy,
    requestId: request.id,
  };
  if (kind === 'retryable') void reply.header('retry-after', '5');
  void reply.code(status).type('application/problem+json').send(problem);
  return coded;
}
