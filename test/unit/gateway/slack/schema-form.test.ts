import assert from 'node:assert/strict';
import { fieldsFor, readFields } from '../../../../gateway/slack/schema-form.ts';

const PROPERTIES = {
  store: { type: 'string', title: 'Which store', maxLength: 64 },
  story: { type: 'string', maxLength: 4_000 },
  severity: { enum: ['low', 'high'] },
  detected: { $ref: 'firebreak:when' },
  count: { type: 'integer' },
  final: { type: 'boolean' },
  parts: { type: 'array', items: { enum: ['a', 'b'] } },
  countries: { type: 'array', items: { enum: Array.from({ length: 120 }, (_, n) => `C${n}`) } },
  where: { type: 'object' },
} as const;

const elementOf = (name: keyof typeof PROPERTIES): Record<string, unknown> =>
  fieldsFor({ [name]: PROPERTIES[name] }, [name])[0]!['element'] as Record<string, unknown>;

describe('fieldsFor', () => {
  it('gives each kind of property its element', () => {
    const types = Object.keys(PROPERTIES).map((name) => elementOf(name as keyof typeof PROPERTIES)['type']);
    assert.deepEqual(types, [
      'plain_text_input',
      'plain_text_input',
      'static_select',
      'datetimepicker',
      'number_input',
      'static_select',
      'multi_static_select',
      'plain_text_input',
      'plain_text_input',
    ]);
  });

  it("stays within Slack's limits", () => {
    assert.equal(elementOf('store')['max_length'], 64);
    assert.equal(elementOf('story')['max_length'], 3_000);
    const [long] = fieldsFor({ x: { type: 'string', title: 't'.repeat(500) } }, []);
    assert.ok((long!['label'] as { text: string }).text.length <= 150);
  });

  it('asks for what is required, but never for a time that nobody may know', () => {
    const optional = (name: keyof typeof PROPERTIES, required: readonly string[]): unknown =>
      fieldsFor({ [name]: PROPERTIES[name] }, required)[0]!['optional'];
    assert.equal(optional('store', ['store']), false);
    assert.equal(optional('store', []), true);
    assert.equal(optional('detected', ['detected']), true);
  });
});

describe('readFields', () => {
  const entered = (name: string, value: object) => ({ [`in:${name}`]: { value } });

  it('reads every kind back as its schema wants it', () => {
    const { values, faults } = readFields(PROPERTIES, [], {
      ...entered('store', { value: ' ci-secrets ' }),
      ...entered('severity', { selected_option: { value: 'high' } }),
      ...entered('detected', { selected_date_time: 1_777_888_800 }),
      ...entered('count', { value: '42' }),
      ...entered('final', { selected_option: { value: 'no' } }),
      ...entered('parts', { selected_options: [{ value: 'a' }, { value: 'b' }] }),
      ...entered('countries', { value: 'c1, C2;c3' }),
      ...entered('where', { value: '{"kind":"org"}' }),
    });
    assert.deepEqual(faults, {});
    assert.deepEqual(values, {
      store: 'ci-secrets',
      severity: 'high',
      detected: { at: '2026-05-04T10:00:00.000Z' },
      count: 42,
      final: false,
      parts: ['a', 'b'],
      countries: ['C1', 'C2', 'C3'],
      where: { kind: 'org' },
    });
  });

  it('leaves out what was not entered, and calls a required time unknown', () => {
    const { values } = readFields(PROPERTIES, ['store', 'detected'], {
      ...entered('store', { value: '   ' }),
      ...entered('severity', { selected_option: null }),
      ...entered('parts', { selected_options: [] }),
    });
    assert.deepEqual(values, { detected: { unknown: true } });
  });

  it('names the field of what is no value', () => {
    const { faults } = readFields(PROPERTIES, [], {
      ...entered('count', { value: 'many' }),
      ...entered('where', { value: '{broken' }),
    });
    assert.deepEqual(faults, { 'in:count': 'That is not a number.', 'in:where': 'That is not JSON.' });
  });
});
