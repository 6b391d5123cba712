import { text } from '../credentials/connectors/answers.ts';
import { dueOf } from './told.ts';
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
 * What a gate shows of a notice: each text that somebody would get now, with how many get it and one sample whose name and
 * hints are blanked. Reads no address.
 */
export function previewNotices(options: PreviewOptions): GatePreview {
  return async (call) => {
    if (!call.dataset) return { variants: [], notes: [] };
    const { variants, unchanged } = await variantsOf(call, call.dataset, options);
    const notes = unchanged > 0 ? [`${unchanged} were told before and nothing is new for them: they get nothing`] : [];
    return { variants, notes };
  };
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
): Promise<{ readonly variants: readonly GateVariant[]; readonly unchanged: number }> {
  const texts = await readNoticeTexts(ledger, call);
  const { incident } = call;
  const [site, facts] = [siteOf(incident), factsView(call.facts)];
  const variants = new Map<string, Variant>();
  let unchanged = 0;
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
      const name = [locale, ...(followUp ? ['follow-up'] : []), caseOf(row, secrets, states)].join(', ');
      const known = variants.get(name);
      if (known) known.count += 1;
      else
        variants.set(name, {
          count: 1,
          sample: sampleOf(row, { incident, facts, site, states, secrets, followUp }, texts, locale),
        });
    }
  }
  const sorted = [...variants].sort(([left], [right]) => (left < right ? -1 : 1));
  return { variants: sorted.map(([name, { count, sample }]) => ({ name, count, sample })), unchanged };
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

/** Which of the texts' branches a reader meets. */
function caseOf(row: DatasetRow, secrets: readonly PersonSecret[], states: SecretStates): string {
  const { relation } = row.attributes as PersonAttributes;
  if (relation === 'controller') return 'controller';
  const standings = new Set(secrets.map((secret): Standing => states.standingOf(secret)));
  if (standings.size === 0) return 'no secrets';
  const isForeign = standings.delete('yours');
  if (standings.size === 0) return 'foreign only';
  const isAllDead = standings.size === 1 && standings.has('dead');
  if (isForeign) return isAllDead ? 'mixed, own ones dead' : 'mixed, some alive';
  return isAllDead ? 'all dead' : 'some alive';
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
