import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Liquid } from 'liquidjs';
import { compileTemplate, TemplateFault } from '../../../../activities/notices/template.ts';
import { toHtmlTemplate, toTextTemplate } from '../../../../activities/notices/markdown.ts';
import { parseText } from '../../../../contracts/text-source.ts';

const TEXTS = join(import.meta.dirname, '../../../../playbooks/library/texts');
const strict = { strictVariables: true, strictFilters: true, ownPropertyOnly: true };
const plain = new Liquid(strict);
const escaping = new Liquid({ ...strict, outputEscape: 'escape' });
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (mark) => ESCAPES[mark]!);

const word = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('{{ incident.id }}', '<b>', "O'Neil & {% if %}"));
const flag = fc.constantFrom(true, null);
const secret = fc.record({
  name: fc.oneof(word, fc.constant(null)),
  hint: word,
  issuer: fc.oneof(word, fc.constant(null)),
  kind: word,
  dead: flag,
  alive: flag,
  unknown: flag,
  yours: flag,
  rotated: flag,
});
/** A fact that was looked for: which way it was decided, if it was. */
const found = fc.record({ found: flag, notFound: flag });
const facts = [
  'occurredAt',
  'entryClosedAt',
  'personalDataBreach',
  'natureOfBreach',
  'dataCategories',
  'likelyConsequences',
];
const factKeysOf = (source: string): readonly string[] =>
  [...source.matchAll(/facts\.(\w+)/g)].map((match) => match[1]!);

/** Everything that a text may name, drawn. */
function views(source: string): fc.Arbitrary<object> {
  const keys = [...new Set([...facts, ...factKeysOf(source)])];
  const item = Object.fromEntries(
    [...source.matchAll(/item\.(\w+)/g)].map((match) => [match[1]!, fc.oneof(word, flag)]),
  );
  return fc.record({
    incident: fc.record({ id: word }),
    site: fc.record({ name: word, page: word, contact: word }),
    facts: fc.record(
      Object.fromEntries(keys.map((key) => [key, key.endsWith('Found') ? found : fc.oneof(word, flag)])),
    ),
    item: fc.record({ ...item, secrets: fc.array(secret, { maxLength: 4 }) }),
  });
}

const notices = readdirSync(TEXTS)
  .filter((name) => /\.(en|de)\.md$/.test(name))
  .map((name) => ({ name, source: readFileSync(join(TEXTS, name), 'utf8') }));

describe('compileTemplate', () => {
  for (const { name, source } of notices) {
    it(`writes of ${name} what liquidjs writes, for every reader`, () => {
      const { meta, body } = parseText(source);
      const parts = [
        { text: meta['subject'] ?? '', engine: plain, fill: compileTemplate(meta['subject'] ?? '') },
        { text: toTextTemplate(body), engine: plain, fill: compileTemplate(toTextTemplate(body)) },
        { text: toHtmlTemplate(body), engine: escaping, fill: compileTemplate(toHtmlTemplate(body), escape) },
      ].map((part) => ({ ...part, parsed: part.engine.parse(part.text) }));
      fc.assert(
        fc.property(views(source), (view) => {
          for (const { engine, parsed, fill } of parts) assert.equal(fill(view), engine.renderSync(parsed, view));
        }),
        { numRuns: 100 },
      );
    });
  }

  it('refuses a value that is not there', () => {
    assert.throws(() => compileTemplate('{{ item.nothing }}')({ item: {} }), TemplateFault);
  });

  it('refuses what texts may not use', () => {
    for (const source of ['{{ a | upcase }}', '{% assign a = 1 %}', '{% if a == 1 %}{% endif %}', '{% if a %}', '{{ a'])
      assert.throws(() => compileTemplate(source), TemplateFault, source);
  });
});
