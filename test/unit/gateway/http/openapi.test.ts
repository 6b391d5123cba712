import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { errorEntry, isErrorCode } from '../../../../contracts/errors.ts';
import type { Json, JsonObject } from '../../../../contracts/json.ts';
import { endpoints } from '../../../../gateway/http/endpoints/all.ts';
import { openApiOf, templateOf } from '../../../../gateway/http/openapi.ts';
import { ApiDocument } from '../../../support/api-document.ts';
import { openApiSchema } from '../../../support/openapi-schema.ts';
import { INCIDENT, ask, standDeps } from '../stand.ts';
import { declaredRoutes } from './declared-routes.ts';

describe('GET /v1/openapi.json', () => {
  let api: ApiDocument;

  before(async () => {
    const { status, text } = await ask(standDeps(), { method: 'GET', url: '/v1/openapi.json' });
    assert.equal(status, 200);
    api = new ApiDocument(JSON.parse(text) as JsonObject);
  });

  it('describes every route, and nothing that is none', () => {
    const described = api.operations().map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    assert.deepEqual(described.sort(), [...declaredRoutes()].map(templateOf).sort());
  });

  it('is the document that lies in docs/', () => {
    assert.deepEqual(api.document, JSON.parse(JSON.stringify(openApiOf(endpoints))));
  });

  it('has the structure of OpenAPI 3.1', () => {
    const ajv = new Ajv2020({ allErrors: true, strict: false });
    addFormats.default(ajv);
    const validate = ajv.compile(openApiSchema);
    validate(api.document);
    assert.deepEqual(validate.errors ?? [], []);
  });

  it('is refused by that structure once it is spoilt', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const validate = ajv.compile(openApiSchema);
    const spoilt = JSON.parse(
      JSON.stringify(api.document).replaceAll('"description":"Id of the request."', '"says":1'),
    ) as object;
    assert.equal(validate(spoilt), false);
  });

  it('names each operation once', () => {
    const names = api.operations().map(({ operation }) => operation['operationId']);
    assert.equal(new Set(names).size, names.length);
  });

  it('refers to what is there, and has no component that nothing refers to', () => {
    const referred = new Set(
      [...JSON.stringify(api.document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!),
    );
    for (const path of referred) assert.notEqual(api.at(...path.split('/')), undefined, path);
    for (const name of Object.keys(api.at('components', 'schemas') as JsonObject))
      assert.ok(referred.has(`components/schemas/${name}`), name);
  });

  it('gives every path parameter, and none besides', () => {
    for (const { path, operation } of api.operations()) {
      const named = (operation['parameters'] as readonly JsonObject[])
        .filter((parameter) => parameter['in'] === 'path')
        .map(({ name }) => `{${name as string}}`);
      assert.deepEqual(named, path.match(/\{[a-z]+\}/g) ?? [], path);
    }
  });

  it('has schemas that compile, and examples that they take', () => {
    for (const { path, method, operation } of api.operations()) {
      const content = api.at('paths', path, method, 'requestBody', 'content') as JsonObject | undefined;
      if (!content) continue;
      for (const { schema, example } of Object.values(content) as { schema: Json; example: Json }[]) {
        assert.notEqual(example, undefined, operation['operationId'] as string);
        assert.deepEqual(api.faults(schema, example), [], `${method} ${path}`);
      }
    }
    for (const [name, schema] of Object.entries(api.at('components', 'schemas') as JsonObject))
      assert.doesNotThrow(() => api.faults(schema, {}), name);
  });

  it('says of each refusal registered codes of that status', () => {
    for (const { path, method, operation } of api.operations())
      for (const [status, answer] of Object.entries(operation['responses'] as JsonObject)) {
        const { $ref } = answer as JsonObject;
        if (typeof $ref !== 'string') continue;
        const codes = $ref.split('/').at(-1)!.split('.');
        const text = JSON.stringify(api.at('components', 'responses', codes.join('.')));
        for (const code of codes) {
          assert.ok(isErrorCode(code), code);
          assert.equal(String(errorEntry(code).http), status, `${method} ${path} ${code}`);
          assert.ok(text.includes(`"${code}"`), code);
        }
      }
  });

  it('is open, and asks for a key where the route does', () => {
    for (const endpoint of endpoints) {
      const security = api.at('paths', templateOf(endpoint.path), endpoint.method.toLowerCase(), 'security');
      assert.equal((security as readonly Json[]).length === 0, endpoint.operation === 'open', endpoint.id);
    }
  });
});

describe('what an endpoint declares', () => {
  /** A body that each takes apart itself: the words it names as known. */
  const bodied = endpoints.filter(({ keyed }) => keyed);

  for (const { id, path, body } of bodied)
    it(`has the members that ${id} takes`, async () => {
      const url = path.replace(':id', INCIDENT).replace(':step', 'contain').replace(':hold', '0-0');
      const deps = standDeps();
      const asked = { method: 'POST', url, as: 'ada', body: { strange: 1 } } as const;
      const answers = [await ask(deps, asked), await ask(deps, { ...asked, as: 'omar' })];
      const detail = answers.map(({ json }) => json.detail ?? '').find((text) => text.includes('known: ')) ?? '';
      const known =
        detail
          .split('known: ')[1]
          ?.split(', ')
          .filter((word) => word !== '') ?? [];
      const schema = body!.schema['$ref'] as string | undefined;
      const described =
        schema === undefined ? body!.schema : new ApiDocument(openApiOf(endpoints)).at(...schema.slice(2).split('/'));
      assert.deepEqual(known.sort(), Object.keys((described as JsonObject)['properties'] as JsonObject).sort(), detail);
    });
});

describe('GET /v1/docs', () => {
  it('is a page that needs neither script nor network', async () => {
    const { status, text, headers } = await ask(standDeps(), {
      ...{ method: 'GET', url: '/v1/docs' },
      headers: { accept: 'text/html' },
    });
    assert.equal(status, 200);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+';/);
    assert.ok(!policy.includes('unsafe'), policy);
    assert.doesNotMatch(text, /<script|javascript:|<link|<img|<iframe|src=|url\(|@import|https?:\/\//i);
    assert.doesNotMatch(text, /\son[a-z]+=|\sstyle=/i);
    assert.match(text, /<meta name="viewport" content="width=device-width, initial-scale=1">/);
  });

  it('shows every operation with its rights and refusals', async () => {
    const { text } = await ask(standDeps(), { method: 'GET', url: '/v1/docs' });
    for (const { id, path, operation } of endpoints) {
      assert.ok(text.includes(`<details id="${id}">`), id);
      assert.ok(text.includes(`<code>${path}</code>`), path);
      assert.ok(operation === 'open' || text.includes(`Right: <code>${operation}</code>`), operation);
    }
  });
});
