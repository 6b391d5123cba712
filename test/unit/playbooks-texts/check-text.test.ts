import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { checkText, type TextKind } from '../../../playbooks/texts/check-text.ts';
import { noticeParts } from '../../../contracts/notice-wording.ts';

const LIBRARY = new URL('../../../playbooks/library/texts/', import.meta.url);

/** A notice that has every part; `extra` lines come before the last one. */
function notice(...extra: readonly string[]): string {
  return [
    '---',
    'subject: Security incident {{ incident.id }}',
    '---',
    '## What happened {#happened}',
    'Secrets lay open. The number is {{ incident.id }}.',
    '',
    '## Which {#secrets}',
    '{% for s in item.secrets %}',
    '- {{ s.name }} ({{ s.hint }}){% if s.dead %}: we revoked it{% endif %}',
    '{% endfor %}',
    '',
    '## Consequences {#consequences}',
    '## What we did {#done}',
    '## What you can do {#do}',
    '## Questions {#contact}',
    'Ask {{ site.contact }}.',
    ...extra,
    'Open our site yourself: {{ site.page }} {#open-yourself}',
  ].join('\n');
}
const EXTRA_LINE = 17;

const found = (source: string, kind: TextKind = 'notice') =>
  checkText(source, 'text.en.md', { kind }).map(({ code, line }) => `${code}:${line}`);
const codes = (source: string, kind: TextKind = 'notice') => checkText(source, 'f', { kind }).map(({ code }) => code);

describe('checkText', () => {
  it('accepts a notice that has every part', () => {
    assert.deepEqual(found(notice()), []);
  });

  for (const file of readdirSync(LIBRARY)) {
    it(`accepts ${file} of the library`, () => {
      const kind = /\.[a-z]{2}\.md$/.test(file) ? 'notice' : 'ticket';
      assert.deepEqual(checkText(readFileSync(new URL(file, LIBRARY), 'utf8'), file, { kind }), []);
    });
  }

  describe('when a notice claims that something is dead', () => {
    for (const claim of [
      'We revoked your tokens.',
      'we have now invalidated it',
      'Your token is revoked.',
      'They have been deactivated',
      'Your key no longer works.',
      'Wir haben Ihre Tokens vorsorglich widerrufen.',
      'Das Token ist widerrufen.',
      'Es funktioniert nicht mehr.',
      'We **revoked** your tokens.',
      'We\nrevoked your tokens.',
    ]) {
      it(`refuses ${JSON.stringify(claim)} where it is not proven`, () => {
        assert.deepEqual(found(notice(claim)), [`NOTICE_CLAIM_UNPROVEN:${EXTRA_LINE}`]);
      });
    }

    for (const [name, text] of [
      ['in the else of it', '{% if s.dead %}-{% else %}we revoked it{% endif %}'],
      ['in an elsif after it', '{% if s.dead %}-{% elsif s.alive %}we revoked it{% endif %}'],
      ['under another condition', '{% if s.yours %}we revoked it{% endif %}'],
      ['behind it', '{% if s.dead %}-{% endif %} we revoked it'],
    ] as const) {
      it(`refuses a claim ${name}`, () => {
        const source = notice(`{% for s in item.secrets %}${text}{% endfor %}`);
        assert.deepEqual(found(source), [`NOTICE_CLAIM_UNPROVEN:${EXTRA_LINE}`]);
      });
    }

    it('accepts it inside `if s.dead`, whatever the loop variable is called and however deep', () => {
      const claim = '{% if facts.crimeSuspected %}We revoked {{ one.hint }}; it is dead.{% endif %}';
      const source = notice(`{% for one in item.secrets %}{% if one.dead %}${claim}{% endif %}{% endfor %}`);
      assert.deepEqual(found(source), []);
    });

    it('does not take a denial for a claim', () => {
      const denials = ['We have not revoked it.', 'We cannot revoke it.', 'Wir haben es noch nicht widerrufen.'];
      assert.deepEqual(found(notice(...denials)), []);
    });

    it('refuses a condition that only has the same name', () => {
      assert.deepEqual(codes(notice('{% if s.dead %}we revoked it{% endif %}')), [
        'TEXT_VARIABLE_UNKNOWN',
        'NOTICE_CLAIM_UNPROVEN',
      ]);
    });
  });

  describe('when a text uses words of legal weight', () => {
    for (const [text, fact] of [
      ['This is a breach.', 'facts.personalDataBreach'],
      ['Eine Datenpanne.', 'facts.personalDataBreach'],
      ['Tokens were stolen.', 'facts.exfiltrationFound.found'],
      ['Daten sind abgeflossen.', 'facts.exfiltrationFound.found'],
      ['They exfiltrated files.', 'facts.exfiltrationFound.found'],
      ['There is no evidence of misuse.', 'facts.misuseFound.notFound'],
      ['Es gibt keine Hinweise auf Missbrauch.', 'facts.misuseFound.notFound'],
    ] as const) {
      it(`refuses ${JSON.stringify(text)} without its fact, and accepts it with`, () => {
        assert.deepEqual(found(notice(text)), [`WORDING_UNSUPPORTED:${EXTRA_LINE}`]);
        assert.deepEqual(found(notice(`{% if ${fact} %}${text}{% endif %}`)), []);
        assert.deepEqual(codes(notice(`{% if ${fact} %}-{% else %}${text}{% endif %}`)), ['WORDING_UNSUPPORTED']);
      });
    }

    for (const kind of ['ticket', 'filing', 'post'] as const) {
      it(`refuses them in a ${kind} too`, () => {
        assert.deepEqual(codes('We had a breach.', kind), ['WORDING_UNSUPPORTED']);
      });
    }

    it('refuses them in the subject', () => {
      assert.deepEqual(found(notice().replace('Security incident', 'Data breach')), ['WORDING_UNSUPPORTED:2']);
    });
  });

  describe('when a notice looks like phishing', () => {
    for (const text of [
      'See https://hub.example.org/reset',
      'See www.example.org',
      '[our site](somewhere)',
      '<b>Now</b>',
      '<img src="x">',
      'Please log in to replace it.',
      'Bitte melden Sie sich bei uns an.',
      'Click here.',
      'Use the button below.',
      'See the attachment.',
      'Die Liste finden Sie im Anhang.',
      'Reply to this message.',
      'Please send us your token.',
      'Bitte senden Sie uns Ihr Passwort.',
      'Unsubscribe below.',
    ]) {
      it(`refuses ${JSON.stringify(text)}`, () => {
        assert.deepEqual([...new Set(codes(notice(text)))], ['NOTICE_UNSAFE']);
      });
    }

    it('lets tickets have links', () => {
      assert.deepEqual(codes('See https://forensics.example.org/guide', 'ticket'), []);
    });
  });

  describe('when a notice lacks a part', () => {
    for (const part of Object.keys(noticeParts)) {
      it(`names ${part}`, () => {
        const [diagnostic, ...others] = checkText(notice().replace(`{#${part}}`, ''), 'f', { kind: 'notice' });
        assert.equal(diagnostic?.code, 'NOTICE_ELEMENT_MISSING');
        assert.match(diagnostic.message, new RegExp(`\\{#${part}\\}`));
        assert.deepEqual(others, []);
      });
    }

    for (const path of ['incident.id', 'site.page', 'site.contact']) {
      it(`wants {{ ${path} }}`, () => {
        assert.ok(codes(notice().replaceAll(`{{ ${path} }}`, '')).includes('NOTICE_ELEMENT_MISSING'));
      });
    }

    it('wants the parts outside every condition', () => {
      const source = notice().replace('## What we did {#done}', '{% if item.admin %}## Done {#done}{% endif %}');
      assert.deepEqual(codes(source), ['NOTICE_ELEMENT_MISSING']);
    });

    it('wants a subject', () => {
      assert.deepEqual(codes(notice().replace('subject:', 'title:')), ['NOTICE_TEMPLATE_INVALID']);
    });
  });

  describe('when a template is more than a template', () => {
    for (const tag of [
      '{% assign x = 1 %}',
      '{% include "x" %}',
      '{% raw %}{% endraw %}',
      '{% unless item.name %}-{% endunless %}',
      '{% if item.total == 1 %}-{% endif %}',
      '{% if item.name and item.admin %}-{% endif %}',
      '{% for s in item.secrets limit:3 %}-{% endfor %}',
      '{{ item.name | upcase }}',
      '{{ item["name"] }}',
      '{{ "x" }}',
    ]) {
      it(`refuses ${tag}`, () => {
        assert.ok(found(notice(tag)).includes(`TEXT_TAG_FORBIDDEN:${EXTRA_LINE}`));
      });
    }

    it('refuses what it does not know', () => {
      assert.deepEqual(found(notice('{{ item.password }} {{ facts.weather }} {{ s.name }}')), [
        ...Array<string>(3).fill(`TEXT_VARIABLE_UNKNOWN:${EXTRA_LINE}`),
      ]);
    });

    for (const broken of ['{% if item.name %}', '{% endfor %}', '{% nonsense %}']) {
      it(`says where ${broken} is broken`, () => {
        assert.deepEqual(found(notice(broken)), [`NOTICE_TEMPLATE_INVALID:${EXTRA_LINE}`]);
      });
    }

    it('refuses tags in a ticket, which is not filled', () => {
      assert.deepEqual(codes('Hello {{ item.name }}', 'ticket'), ['TEXT_TAG_FORBIDDEN']);
    });
  });
});
