import type { JsonObject } from '../../contracts/json.ts';

const named = (schema: JsonObject): JsonObject => ({ type: 'object', additionalProperties: schema });
const text: JsonObject = { type: 'string', minLength: 1 };
const closed = (required: readonly string[], properties: JsonObject): JsonObject => ({
  ...{ type: 'object', required, properties },
  additionalProperties: false,
  patternProperties: { '^x-': true },
});

/** What a schema object is: that it is one of JSON Schema is for the compiler to say. */
const schema: JsonObject = { type: ['object', 'boolean'] };
const media = named(closed([], { schema, example: true, examples: { type: 'object' } }));
const reference = closed(['$ref'], { $ref: { type: 'string', pattern: '^#/components/' } });

const header = closed(['schema'], { description: text, required: { type: 'boolean' }, schema });
const response = closed(['description'], {
  description: text,
  headers: named({ oneOf: [reference, header] }),
  content: media,
});
const parameter = {
  ...closed(['name', 'in', 'schema'], {
    ...{ name: text, in: { enum: ['path', 'query', 'header', 'cookie'] }, description: { type: 'string' } },
    ...{ required: { type: 'boolean' }, schema },
  }),
  if: { properties: { in: { const: 'path' } } },
  then: { required: ['required'], properties: { required: { const: true } } },
};

const operation = closed(['operationId', 'responses'], {
  operationId: { type: 'string', pattern: '^[a-zA-Z]+$' },
  tags: { type: 'array', items: text },
  summary: text,
  description: text,
  parameters: { type: 'array', items: { oneOf: [reference, parameter] } },
  requestBody: closed(['content'], { description: text, required: { type: 'boolean' }, content: media }),
  responses: {
    ...{ type: 'object', minProperties: 1, additionalProperties: false },
    patternProperties: { '^[1-5]\\d\\d$': { oneOf: [reference, response] } },
  },
  security: { type: 'array', items: named({ type: 'array', items: text }) },
});

const scheme = {
  ...closed(['type'], {
    ...{ type: { enum: ['apiKey', 'http', 'mutualTLS', 'oauth2', 'openIdConnect'] }, description: text },
    ...{ scheme: text, bearerFormat: text, name: text, in: text },
  }),
  if: { properties: { type: { const: 'http' } } },
  then: { required: ['scheme'] },
};

/**
 * The structure of an OpenAPI 3.1 document, as far as ours goes: what is not listed is refused.
 *
 * @source OpenAPI Specification 3.1.1, section 4.8
 */
export const openApiSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...closed(['openapi', 'info', 'paths'], {
    openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
    jsonSchemaDialect: { type: 'string', format: 'uri' },
    info: closed(['title', 'version'], {
      ...{ title: text, version: text, summary: text, description: text },
      license: closed(['name'], { name: text, identifier: text }),
    }),
    servers: { type: 'array', items: closed(['url'], { url: text, description: text }) },
    tags: { type: 'array', items: closed(['name'], { name: text, description: text }), uniqueItems: true },
    paths: {
      ...{ type: 'object', additionalProperties: false },
      patternProperties: {
        '^/': closed(
          [],
          Object.fromEntries(
            ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'].map((one) => [one, operation]),
          ),
        ),
      },
    },
    components: closed([], {
      schemas: { ...named(schema), propertyNames: { pattern: '^[a-zA-Z0-9._-]+$' } },
      responses: named(response),
      headers: named(header),
      parameters: named(parameter),
      securitySchemes: named(scheme),
    }),
  }),
};
