import { CodedError } from '../contracts/errors.ts';
import type { CompiledPlan } from '../contracts/plan.ts';
import type { Database } from './database.ts';
import type { DocumentStore } from './ports.ts';

const KEPT = 8; // plans in memory, at most 256 KiB and some texts each; every page of a rollout asks for its plan's limits

interface TextRow {
  readonly hash: string;
  readonly kind: 'text' | 'schema';
  readonly name: string;
  readonly body: string;
}

/** Compiled plans and their texts in PostgreSQL: plain, by hash, written once, never changed. */
export function plans(database: Database): Pick<DocumentStore, 'putPlan' | 'getPlan' | 'text'> {
  const kept = new Map<string, CompiledPlan>();

  async function read(planHash: CompiledPlan['planHash']): Promise<CompiledPlan | undefined> {
    const [row] = await database.query<{ body: string; documents: readonly string[] }>(
      'select body, documents from plans where hash = $1',
      [planHash],
    );
    if (!row) return undefined;
    const texts = await database.query<TextRow>(
      'select hash, kind, name, body from plan_documents where hash = any($1::text[])',
      [row.documents],
    );
    return {
      plan: JSON.parse(row.body) as CompiledPlan['plan'],
      planHash,
      documents: Object.fromEntries(texts.map(({ hash, kind, name, body }) => [hash, { kind, name, body }])),
    };
  }

  function keep(compiled: CompiledPlan): void {
    kept.set(compiled.planHash, compiled);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  }

  return {
    async putPlan(compiled) {
      const { plan, planHash, documents } = compiled;
      if (kept.has(planHash)) return; // it was written, or read: plans stay
      const texts = Object.entries(documents).sort(([left], [right]) => (left < right ? -1 : 1));
      await database.query(
        `with texts as (
           insert into plan_documents (hash, kind, name, body)
           select * from unnest($3::text[], $4::text[], $5::text[], $6::text[]) on conflict do nothing)
         insert into plans (hash, body, documents) values ($1, $2, $3) on conflict do nothing`,
        [
          ...[planHash, JSON.stringify(plan)],
          texts.map(([hash]) => hash),
          texts.map(([, { kind }]) => kind),
          texts.map(([, { name }]) => name),
          texts.map(([, { body }]) => body),
        ],
      );
      keep(compiled);
    },
    async getPlan(planHash) {
      const known = kept.get(planHash) ?? (await read(planHash));
      if (known) keep(known);
      return known;
    },
    async text(hash) {
      const [row] = await database.query<{ body: string }>('select body from plan_documents where hash = $1', [hash]);
      if (!row) throw new CodedError('DOCUMENT_UNKNOWN', `no plan has a document ${hash}`);
      return row.body;
    },
  };
}
