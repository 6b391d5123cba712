import { text } from '../credentials/connectors/answers.ts';
import { dueOf } from './told.ts';
import { expectedDrift } from './at-claim.ts';
import { factsView } from './notice-view.ts';
import { readNoticeTexts, type NoticeTexts } from './texts.ts';
import { readSecretStates, viewOf, type SecretStates, type Site, type Standing } from './view.ts';
import { isJsonObject } from '../../contracts/json.ts';
import type { ActionCall, ActionResult } from '../../contracts/effects.ts';
import type { DatasetRef, DatasetRow, PersonAttributes, PersonSecret } from '../../contracts/dataset.ts';
import type { GatePreview } from '../port.ts';
import type { GateVariant } from '../../contracts/messages.ts';
import type { Ledger } from '../../ledger/ports.ts';

const BATCH = 500; // rows looked at together

/** What previews work with. */
export interface PreviewOptions {
  readonly ledger: Ledger;
  readonly siteOf: (incident: string) => Site;
}

interface Variant {
  count: number;
  readonly sample: string;
}

/**
 * What a gate shows of a notice: every text that somebody may get, whatever becomes of the secrets until it is sent, with
 * how many would get it now and one sample whose name and hints are blanked. Reads no address.
 */
export function previewNotices(options: PreviewOptions): GatePreview {
  return async (call) => {
    if (!call.dataset) return { variants: [], notes: [] };
    const { variants, unchanged, branches } = await variantsOf(call, call.dataset, options);
    return {
      variants,
      notes: [
        ...(branches ? branchNotes(call) : []),
        ...(unchanged > 0 ? [`${unchanged} were told before and nothing is new for them: they get nothing`] : []),
      ],
    };
  };
}

/** What an approver must know where the text depends on what becomes of a secret. */
function branchNotes({ with: given }: ActionCall): readonly string[] {
  return [
    "Counts are those of this moment. Which of these texts a reader gets is decided when it is sent, by the state of the reader's own secrets then: only what was seen dead is called dead.",
    'The approval covers every text shown here: its digest binds all branches in all languages.',
    `If more than ${Math.round(expectedDrift(given) * 1_000) / 10} % of the readers would then be told that a secret still works, or that nobody knows, sending holds and you are asked again.`,
  ];
}

/**
 * `notices.preview`: keeps a sample of every variant as a document of the incident.
 *
 * @idempotency the document is kept by name; the same samples are the same document.
 * @throws NOTICE_TEXT_MISSING, NOTICE_TEXT_REFUSED, LEDGER_ codes.
 */
export async function keepPreview(call: ActionCall, options: PreviewOptions): Promise<ActionResult> {
  const { to } = call.with;
  const dataset = isJsonObject(to) ? (to as unknown as DatasetRef) : undefined;
  const { variants } = dataset ? await variantsOf(call, dataset, options) : { variants: [] };
  const samples = variants.map(({ name, count, sample }) => `# ${name}: ${count}\n\n${sample}`).join('\n\n');
  const { id } = await options.ledger.documents.put(call.incident, {
    name: `notice-preview-${text(call.with['notice'])}-${call.round}`,
    mediaType: 'text/markdown',
    body: new TextEncoder().encode(samples),
    by: 'engine',
    handling: { tlp: 'AMBER', privilege: 'none', audience: 'approvers' },
  });
  return { outputs: { document: id, variants: variants.length } };
}

async function variantsOf(
  call: ActionCall,
  dataset: DatasetRef,
  { ledger, siteOf }: PreviewOptions,
): Promise<{
  readonly variants: readonly GateVariant[];
  readonly unchanged: number;
  /** Whether any reader's text depends on what becomes of a secret until it is sent. */
  readonly branches: boolean;
}> {
  const texts = await readNoticeTexts(ledger, call);
  const { incident } = call;
  const [site, factsIn] = [siteOf(incident), factsView(call.facts)];
  const variants = new Map<string, Variant>();
  let [unchanged, branches] = [0, false];
  for await (const rows of batchesOf(ledger.datasets.stream(call.incident, dataset))) {
    const states = await readSecretStates(ledger, call.incident, rows);
    const due = await dueOf(ledger, call, rows, states);
    for (const row of rows) {
      const { secrets, followUp } = due(row);
      if (!secrets) {
        unchanged += 1;
        continue;
      }
      const locale = texts.localeFor((row.attributes as PersonAttributes).locale);
      const reader = { incident, facts: factsIn(locale), site, states, secrets, followUp };
      const { now, possible } = casesOf(row, secrets, states);
      branches ||= possible.length > 1;
      for (const one of possible) {
        const name = [locale, ...(followUp ? ['follow-up'] : []), one.name].join(', ');
        const known = variants.get(name);
        if (known) known.count += one.name === now ? 1 : 0;
        else
          variants.set(name, {
            count: one.name === now ? 1 : 0,
            sample: sampleOf(row, { ...reader, states: one.states }, texts, locale),
          });
      }
    }
  }
  const sorted = [...variants].sort(([left], [right]) => (left < right ? -1 : 1));
  return { variants: sorted.map(([name, { count, sample }]) => ({ name, count, sample })), unchanged, branches };
}

/** Renders for one reader with name and hints blanked; what it is about stays to be judged. */
function sampleOf(
  row: DatasetRow,
  given: Omit<Parameters<typeof viewOf>[1], 'name'>,
  texts: NoticeTexts,
  locale: string,
): string {
  const secrets = given.secrets.map((secret): PersonSecret => ({ ...secret, name: 'NAME', hint: '...' }));
  const { subject, text } = texts.of(locale).render(viewOf(row, { ...given, secrets, name: 'NAME' }), locale);
  return `${subject}\n\n${text}`;
}

/** A branch of the texts, with the states under which a reader meets it. */
interface Case {
  readonly name: string;
  readonly states: SecretStates;
}

/** Which branch of the texts a reader meets now, and every one that the reader may meet once it is sent. */
function casesOf(
  row: DatasetRow,
  secrets: readonly PersonSecret[],
  states: SecretStates,
): { readonly now: string; readonly possible: readonly Case[] } {
  const fixed = fixedCase(row, secrets, states);
  if (fixed !== undefined) return { now: fixed, possible: [{ name: fixed, states }] };
  const standings = new Set(secrets.map((secret): Standing => states.standingOf(secret)));
  const prefix = standings.has('yours') ? 'mixed, own ones ' : 'all ';
  const names: Readonly<Record<(typeof FATES)[number], string>> = {
    dead: `${prefix}dead`,
    alive: `${standings.has('yours') ? 'mixed, ' : ''}some alive`,
    unknown: `${standings.has('yours') ? 'mixed, ' : ''}some unknown`,
  };
  const now = standings.has('alive') ? 'alive' : standings.has('unknown') ? 'unknown' : 'dead';
  return {
    now: names[now],
    possible: FATES.map((fate) => ({ name: names[fate], states: fate === now ? states : ifAll(states, fate) })),
  };
}

/** The branch of a reader whose text does not depend on what becomes of our credentials. */
function fixedCase(row: DatasetRow, secrets: readonly PersonSecret[], states: SecretStates): string | undefined {
  const { relation } = row.attributes as PersonAttributes;
  if (relation === 'controller') return 'controller';
  if (secrets.length === 0) return 'no secrets';
  return secrets.every((secret) => states.standingOf(secret) === 'yours') ? 'foreign only' : undefined;
}

/** What may become of a credential of ours. */
const FATES = ['dead', 'alive', 'unknown'] as const;

/** The states as they would be if all of ours shared one fate. */
function ifAll(states: SecretStates, fate: (typeof FATES)[number]): SecretStates {
  return {
    ...states,
    standingOf: (secret) => (states.standingOf(secret) === 'yours' ? 'yours' : fate),
  };
}

async function* batchesOf(rows: AsyncIterable<DatasetRow>): AsyncIterable<readonly DatasetRow[]> {
  let batch: DatasetRow[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
