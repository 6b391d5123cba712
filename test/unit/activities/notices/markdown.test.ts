import assert from 'node:assert/strict';
import { toHtmlTemplate, toTextTemplate } from '../../../../activities/notices/markdown.ts';

describe('toTextTemplate', () => {
  it('takes marks out and lets lines of tags print nothing', () => {
    const body = '## Head {#part}\n\nOne **word**.\n{% if a %}\nTwo.\n{% endif %}\n';
    assert.equal(toTextTemplate(body), 'Head\n\nOne word.\n{% if a %}Two.\n{% endif %}\n');
  });
});

describe('toHtmlTemplate', () => {
  it('makes headings, paragraphs and lists', () => {
    const body = '## Head {#part}\n\nOne\ntwo **word**.\n\n- a\n- b\n';
    assert.equal(
      toHtmlTemplate(body),
      '<h2>Head</h2>\n<p>One\ntwo <strong>word</strong>.</p>\n<ul><li>a</li><li>b</li></ul>',
    );
  });

  it('closes every element whatever a condition leaves out', () => {
    const body = '{% if a %}\nYes.\n{% else %}\nNo.\n{% endif %}';
    assert.equal(toHtmlTemplate(body), '{% if a %}<p>Yes.</p>{% else %}<p>No.</p>{% endif %}');
  });

  it('puts a loop inside its list', () => {
    const body = '{% for s in list %}\n{% if s.a %}\n- {{ s.a }}\n{% endif %}\n{% endfor %}';
    assert.equal(
      toHtmlTemplate(body),
      '<ul>{% for s in list %}{% if s.a %}<li>{{ s.a }}</li>{% endif %}{% endfor %}</ul>',
    );
  });

  it('escapes what the author wrote, not the tags', () => {
    assert.equal(
      toHtmlTemplate('a < b & "c" {% if x %}{{ y }}{% endif %}'),
      '<p>a &lt; b &amp; &quot;c&quot; {% if x %}{{ y }}{% endif %}</p>',
    );
  });
});
