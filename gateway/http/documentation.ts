import type { FastifyInstance } from 'fastify';
import { errorEntry } from '../../contracts/errors.ts';
import { endpoints } from './endpoints/all.ts';
import { declared, type Endpoint } from './endpoint.ts';
import { houseEndpoints } from './endpoints/house.ts';
import { INTRODUCTION } from './introduction.ts';
import { codesOf, openApiOf } from './openapi.ts';
import { escaped, sendPage } from './page.ts';

const { readDocumentation, showDocumentation } = houseEndpoints;

/** Running text: what stands between back ticks is code. */
function prose(text: string): string {
  return escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function rows(cells: readonly (readonly string[])[]): string {
  const lines = cells.map((line) => `<tr>${line.map((cell) => `<td>${cell}</td>`).join('')}</tr>`);
  return `<div class="wide"><table>${lines.join('')}</table></div>`;
}

function parametersOf({ query = {}, headers = {}, keyed }: Endpoint): string {
  const named = [
    ...Object.entries(query).map(
      ([name, { schema, required }]) => [name, required ? 'query, required' : 'query', schema] as const,
    ),
    ...Object.entries(headers).map(([name, schema]) => [name, 'header', schema] as const),
  ].map(([name, where, { description }]) => [`<code>${name}</code>`, where, prose(description as string)]);
  const key = keyed ? [['<code>Idempotency-Key</code>', 'header, required', 'Unique to the act.']] : [];
  return named.length + key.length === 0 ? '' : `<h4>Parameters</h4>${rows([...named, ...key])}`;
}

function detailsOf(endpoint: Endpoint): string {
  const { method, path, title, says, body, operation, answers, id } = endpoint;
  const right = operation === 'open' ? 'No key is needed.' : `Right: <code>${operation}</code>.`;
  const sent = body
    ? `<h4>Body</h4><p><code>${body.media ?? 'application/json'}</code></p><pre>${escaped(JSON.stringify(body.example, undefined, 2))}</pre>`
    : '';
  const answered = Object.entries(answers).map(([status, answer]) => [status, prose(answer.says)]);
  const refused = codesOf(endpoint).map((code) => {
    const { http, message } = errorEntry(code);
    return [String(http), `<code>${code}</code>`, prose(message)];
  });
  return [
    `<details id="${id}"><summary><span class="method">${method}</span> <code>${escaped(path)}</code><br>${prose(title)}</summary>`,
    `<p>${says === undefined ? '' : `${prose(says)} `}${right}</p>`,
    parametersOf(endpoint),
    sent,
    `<h4>Answers</h4>${rows(answered)}`,
    `<h4>Refusals</h4>${rows(refused)}`,
    '</details>',
  ].join('\n');
}

function bodyOf(): string {
  const groups = [...new Set(endpoints.map(({ group }) => group))];
  return [
    '<h1>Firebreak: the HTTP API</h1>',
    ...INTRODUCTION.split('\n\n').map((paragraph) => `<p>${prose(paragraph)}</p>`),
    '<p>For machines: <a href="/v1/openapi.json"><code>/v1/openapi.json</code></a>.</p>',
    ...groups.map(
      (group) =>
        `<h2>${escaped(group)}</h2>${endpoints
          .filter((one) => one.group === group)
          .map(detailsOf)
          .join('\n')}`,
    ),
  ].join('\n');
}

/** The document of the API and the page that shows it; both say nothing of this house, so both are open. */
export function documentationRoutes(app: FastifyInstance): void {
  const registered: Endpoint[] = [];
  app.addHook('onRoute', ({ method, config }) => {
    const { endpoint } = config ?? {};
    if (endpoint && endpoint.method === method) registered.push(endpoint);
  });
  let document: string | undefined;
  let page: string | undefined;

  app.get(readDocumentation.path, declared(readDocumentation), (_request, reply) => {
    const inOrder = endpoints.filter((endpoint) => registered.includes(endpoint));
    document ??= JSON.stringify(openApiOf(inOrder));
    return reply.type('application/json; charset=utf-8').send(document);
  });

  app.get(showDocumentation.path, declared(showDocumentation), (_request, reply) => {
    page ??= bodyOf();
    return sendPage(reply, 'Firebreak: the HTTP API', page);
  });
}
