import { bodySchemas } from '../../contracts/api-body-schemas.ts';
import { recordSchemas } from '../../contracts/api-record-schemas.ts';
import { INCIDENT_PATTERN, ref } from '../../contracts/api-schema-parts.ts';
import { statusSchemas } from '../../contracts/api-status-schemas.ts';
import { errorEntry, type ErrorCode } from '../../contracts/errors.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { Endpoint } from './endpoint.ts';
import { INTRODUCTION } from './introduction.ts';

/** Version of the API: the first segment of every path. */
const API_VERSION = '1.0.0';

const PATH_PARAMETERS: Readonly<Record<string, JsonObject>> = {
  id: { type: 'string', pattern: INCIDENT_PATTERN, description: 'Id of an incident, e.g. `INC-2026-0042`.' },
  step: { type: 'string', description: 'Id of a step; inside a scope `round%2Fcontain`.' },
  document: { type: 'string', description: 'Id of a document.' },
  hold: { type: 'string', format: 'uuid', description: 'Id of a hold.' },
  name: { type: 'string', description: 'Name of a playbook or a detector.' },
};

const ANSWER_HEADERS = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };

/** Codes that an endpoint can refuse with: what follows from its declaration, and what it says itself. */
export function codesOf(endpoint: Endpoint): readonly ErrorCode[] {
  const { operation, path, query, body, keyed, asksEngine, refuses = [], method, id } = endpoint;
  const codes: (ErrorCode | false)[] = [
    ...(operation === 'open'
      ? []
      : (['GATEWAY_UNAUTHENTICATED', 'GATEWAY_FORBIDDEN', 'GATEWAY_RATE_LIMITED', 'GATEWAY_QUERY_INVALID'] as const)),
    operation !== 'open' && method === 'GET' && 'GATEWAY_NOT_ACCEPTABLE',
    ...(body ? (['GATEWAY_BODY_TOO_LARGE', 'GATEWAY_MEDIA_TYPE'] as const) : []),
    ...(body && body.media === undefined ? (['GATEWAY_BODY_INVALID', 'GATEWAY_SECRET_IN_TEXT'] as const) : []),
    ...(keyed ? (['GATEWAY_KEY_MISSING', 'INCIDENT_KEY_REUSED'] as const) : []),
    path.includes(':id') && 'INCIDENT_UNKNOWN',
    path.includes(':step') && 'STEP_UNKNOWN',
    query?.['after'] !== undefined && 'GATEWAY_CURSOR_INVALID',
    ...(asksEngine
      ? (['INCIDENT_OVER', 'GATEWAY_NOT_RUNNING', 'GATEWAY_ENGINE_AWAY', 'GATEWAY_ANSWER_LATE'] as const)
      : []),
    id !== 'isAlive' && method !== 'OPTIONS' && 'LEDGER_UNREACHABLE',
    'GATEWAY_INTERNAL',
    ...refuses,
  ];
  return [...new Set(codes.filter((code) => code !== false))].sort();
}

function parametersOf({ path, query = {}, headers = {}, keyed }: Endpoint): readonly Json[] {
  const inPath = [...path.matchAll(/:([a-z]+)/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true, schema: PATH_PARAMETERS[name]! },
  }));
  const inQuery = Object.entries(query).map(([name, { schema, required = false }]) => {
    const { description = '', ...rest } = schema;
    return { name, in: 'query', required, description, schema: rest };
  });
  const inHeader = Object.entries(headers).map(([name, { description = '', ...schema }]) => ({
    ...{ name, in: 'header', required: false, description, schema },
  }));
  return [...inPath, ...inQuery, ...inHeader, ...(keyed ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : [])];
}

function contentOf(media: string, schema: JsonObject | undefined): JsonObject {
  return { content: { [media]: schema ? { schema } : {} } };
}

/** Codes of an endpoint by their status. */
function refusalsOf(endpoint: Endpoint): ReadonlyMap<number, readonly ErrorCode[]> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codesOf(endpoint)) {
    const { http } = errorEntry(code);
    byStatus.set(http, [...(byStatus.get(http) ?? []), code]);
  }
  return byStatus;
}

/** A refusal with one of some codes: many endpoints share it. */
function refusalOf(codes: readonly ErrorCode[]): JsonObject {
  return {
    description: codes.map((code) => `\`${code}\`: ${errorEntry(code).message}.`).join(' '),
    headers: ANSWER_HEADERS,
    ...contentOf('application/problem+json', {
      allOf: [ref('Problem'), { type: 'object', properties: { code: { enum: codes } } }],
    }),
  };
}

function answersOf(endpoint: Endpoint): JsonObject {
  const answers = Object.entries(endpoint.answers).map(([status, { says, schema, media }]) => [
    status,
    {
      ...{ description: says, headers: ANSWER_HEADERS },
      ...(schema !== undefined || media !== undefined ? contentOf(media ?? 'application/json', schema) : {}),
    },
  ]);
  const refusals = [...refusalsOf(endpoint)]
    .filter(([status]) => endpoint.answers[status] === undefined)
    .map(([status, codes]) => [String(status), { $ref: `#/components/responses/${codes.join('.')}` }]);
  return Object.fromEntries([...answers, ...refusals]) as JsonObject;
}

function operationOf(endpoint: Endpoint): JsonObject {
  const { id, group, title, says, body, operation, isPage } = endpoint;
  return {
    operationId: id,
    tags: [group],
    summary: title,
    ...(says === undefined ? {} : { description: says }),
    ...(operation === 'open' ? {} : { 'x-operation': operation }),
    parameters: parametersOf(endpoint),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { [body.media ?? 'application/json']: { schema: body.schema, example: body.example } },
          },
        }),
    responses: answersOf(endpoint),
    security: operation === 'open' ? [] : [{ key: [] }, ...(isPage ? [{ password: [] }] : [])],
  };
}

/** A path as OpenAPI writes it. */
export function templateOf(path: string): string {
  return path.replaceAll(/:([a-z]+)/g, '{$1}');
}

/**
 * The OpenAPI 3.1 document of some endpoints.
 *
 * @source OpenAPI Specification 3.1.1
 */
export function openApiOf(endpoints: readonly Endpoint[]): JsonObject {
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of endpoints)
    (paths[templateOf(endpoint.path)] ??= {})[endpoint.method.toLowerCase()] = operationOf(endpoint);
  return {
    openapi: '3.1.1',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Firebreak',
      version: API_VERSION,
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The gateway that serves this document.' }],
    tags: [...new Set(endpoints.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...statusSchemas, ...bodySchemas, ...recordSchemas },
      responses: Object.fromEntries(
        endpoints
          .flatMap((endpoint) => [...refusalsOf(endpoint)].filter(([status]) => endpoint.answers[status] === undefined))
          .map(([, codes]) => [codes.join('.'), refusalOf(codes)]),
      ),
      headers: { RequestId: { description: 'Id of the request.', schema: { type: 'string' } } },
      parameters: {
        IdempotencyKey: {
          ...{ name: 'Idempotency-Key', in: 'header', required: true },
          description:
            'Anything unique to the act. The same again is answered like the first time; another body is refused.',
          schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
        },
      },
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', bearerFormat: 'fbk_...' },
        password: { type: 'http', scheme: 'basic', description: 'The API key as the password; pages only.' },
      },
    },
  };
}
