import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcServiceError,
  ServiceError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { CodedError, errorEntry, isCodedError, isErrorCode, type ErrorCode } from '../../contracts/errors.ts';
import type { ProblemDocument } from '../../contracts/api.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';

const RETRY_AFTER_S = 5; // a Temporal server or database that restarts is back within seconds

/** The framework's own refusals. Its texts quote the body, so ours are said instead. */
const FRAMEWORK: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['GATEWAY_BODY_TOO_LARGE', 'the body is too large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['GATEWAY_MEDIA_TYPE', 'the content type is not application/json'],
  FST_ERR_BAD_URL: ['GATEWAY_NOT_FOUND', 'the path is not well-formed'],
};

/** Makes any error a coded one: what the workflow refused keeps its code. */
export function asCoded(error: unknown): CodedError {
  if (isCodedError(error)) return error;
  if (error instanceof WorkflowUpdateFailedError) {
    const { type, message } = error.cause instanceof ApplicationFailure ? error.cause : {};
    const known = type && isErrorCode(type) ? type : 'ENGINE_INTERNAL';
    return new CodedError(known, message ?? 'the message was not taken', { cause: error });
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
    return new CodedError('GATEWAY_ANSWER_LATE', 'no worker took the message in time', { cause: error });
  if (isGrpcServiceError(error) || error instanceof ServiceError)
    return new CodedError('GATEWAY_ENGINE_AWAY', 'the Temporal server did not answer', { cause: error });
  const { code, statusCode } = error as { readonly code?: string; readonly statusCode?: number };
  const framework = FRAMEWORK[code ?? ''];
  if (framework) return new CodedError(...framework);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new CodedError('GATEWAY_BODY_INVALID', 'the body is not JSON');
  return new CodedError('GATEWAY_INTERNAL', 'something failed inside', { cause: error });
}

/** The problem document of an error; nothing of the request is repeated but plain names. */
export function problemOf({ code, what }: CodedError, requestId: string): ProblemDocument {
  const { http: status, message: title, remedy } = errorEntry(code);
  return { type: `urn:firebreak:error:${code}`, title, status, detail: scrubTokens(what), code, remedy, requestId };
}

/** Answers an error as a problem document. */
export function sendProblem(coded: CodedError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(coded, request.id);
  const { retryAfterMs, code } = coded;
  if (errorEntry(code).kind === 'retryable')
    void reply.header('retry-after', retryAfterMs === undefined ? RETRY_AFTER_S : Math.ceil(retryAfterMs / 1_000));
  if (problem.status === 401) {
    const isPage = request.routeOptions.config.endpoint?.isPage === true;
    void reply.header('www-authenticate', isPage ? 'Basic realm="Firebreak", charset="UTF-8"' : 'Bearer');
  }
  void reply.code(problem.status).type('application/problem+json').send(problem);
}
