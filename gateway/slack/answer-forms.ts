import { factCatalogue } from '../../contracts/facts.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import type { Mode } from '../../contracts/effects.ts';
import type { AskStatus } from '../../contracts/messages.ts';
import { isKnownFact } from '../fact-door.ts';
import { context, modal, plain, quoted, section, type Block } from './blocks.ts';
import { actions, incidentHeader, type Asking } from './cards.ts';
import { field, fieldsFor, options } from './schema-form.ts';

/** Callbacks of the modals by which people answer. */
export const answerForms = { step: 'fb_step', fact: 'fb_fact' } as const;

const INSTRUCTIONS_MAX = 2_500; // characters
const CONFIDENCES = ['stated', 'decided', 'proposed'] as const;

/** What a person says of a filing. */
const FILING: JsonObject = {
  state: { title: 'Was it filed?', enum: ['filed', 'not-filed'] },
  reference: { title: 'Reference that the authority gave', type: 'string', maxLength: 200 },
  at: { title: 'When', $ref: 'firebreak:when' },
  reason: { title: 'Why not, where it was not', type: 'string', maxLength: 2_000 },
};

/** Fields of a form: JSON Schemas by name, and which have to be filled in. */
export interface FormFields {
  readonly properties: JsonObject;
  readonly required: readonly string[];
}

/** Schemas of facts, with their titles. */
function factSchemas(keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    keys.filter(isKnownFact).map((key) => [key, { ...factCatalogue[key].schema, title: factCatalogue[key].title }]),
  );
}

/**
 * Fields by which a question is answered.
 *
 * @param uses - action of the step that asks.
 */
export function fieldsOfAsk({ wants, evidence }: Pick<AskStatus, 'wants' | 'evidence'>, uses: string): FormFields {
  if (uses === 'facts.ask') return { properties: factSchemas(wants), required: [] };
  if (uses === 'wait.for') return { properties: factSchemas(wants), required: wants };
  if (uses === 'filings.record') return { properties: FILING, required: ['state'] };
  const [sets] = wants;
  const value = sets === undefined ? undefined : factSchemas([sets])[sets];
  return {
    properties: {
      ...(evidence === 'none'
        ? {}
        : { evidence: { title: 'Evidence: where it can be seen', type: 'string', maxLength: 2_000 } }),
      ...(value === undefined ? {} : { value }),
      note: { title: 'Note', type: 'string', maxLength: 2_000 },
    },
    required: [...(evidence === 'required' ? ['evidence'] : []), ...(value === undefined ? [] : ['value'])],
  };
}

/** Values as the engine takes them: the time of a filing is an instant. */
export function valuesForEngine(uses: string, values: JsonObject): JsonObject {
  const { at } = values;
  if (uses !== 'filings.record' || !isJsonObject(at)) return values;
  const { at: _at, ...rest } = values;
  return typeof at['at'] === 'string' ? { ...rest, at: at['at'] } : rest;
}

/** The form of one question, with the playbook's instructions where the step has some. */
export function askForm({ incident, mode, instructions }: Asking, ask: AskStatus, uses: string): Block {
  const { properties, required } = fieldsOfAsk(ask, uses);
  const todo = instructions?.[ask.step];
  return modal(
    answerForms.step,
    'Answer',
    [
      incidentHeader(incident, mode),
      section(ask.text),
      ...(todo === undefined ? [] : [section(quoted(todo, INSTRUCTIONS_MAX))]),
      ...fieldsFor(properties, required),
      context(`asks ${ask.of}; what you say is kept for good, so no credentials`),
    ],
    { submit: 'Answer', state: { i: incident, s: ask.step } },
  );
}

/** The form of one fact: which first, then its value. */
export function factForm(incident: string, mode: Mode, key: string | undefined): Block {
  const keys = Object.keys(factCatalogue);
  const pick = {
    type: 'input',
    block_id: 'fact',
    dispatch_action: true,
    label: plain('Which fact'),
    element: {
      type: 'static_select',
      action_id: actions.pickFact,
      options: options(keys),
      ...(key === undefined ? {} : { initial_option: options([key])[0] }),
    },
  };
  const confidences = options(CONFIDENCES);
  const fields =
    key === undefined
      ? []
      : [
          ...fieldsFor(factSchemas([key]), [key]),
          field('confidence', 'How sure', {
            type: 'static_select',
            options: confidences,
            initial_option: confidences[0],
          }),
        ];
  return modal(answerForms.fact, 'Say a fact', [incidentHeader(incident, mode), pick, ...fields], {
    ...(key === undefined ? {} : { submit: 'Say' }),
    state: { i: incident },
  });
}

/** Fields of one fact. */
export function fieldsOfFact(key: string): FormFields {
  return { properties: factSchemas([key]), required: [key] };
}
