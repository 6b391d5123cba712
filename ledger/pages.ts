import type { JsonObject } from '../contracts/json.ts';
import { ALERT_COLUMNS, toView, type AlertRow } from './alerts.ts';
import type { Database } from './database.ts';
import { DOCUMENT_COLUMNS, toMeta, type DocumentRow } from './documents.ts';
import { effectId } from './effects/effect-id.ts';
import { beginning, OF_STEP } from './effects/retries.ts';
import type { Keyring } from './keys.ts';
import type { PageStore, UnsettledRow } from './page-port.ts';

/** An instant as a position holds it: to the microsecond, as it is compared. */
const instant = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position_at`;

/** The statements of the pages; each finds its rows by an index. */
export const pageStatements = {
  documents: `
    select ${DOCUMENT_COLUMNS}, ${instant('created_at')} from documents
    where incident = $1 and ($5 or handling->>'privilege' is distinct from 'counsel')
      and ($3::timestamptz is null or (created_at, id) > ($3::timestamptz, $4::uuid))
    order by created_at, id limit $2`,
  duties: `
    select kind, id, body, ${instant('at')} from duties
    where incident = $1 and kind <> 'obligations'
      and ($3::timestamptz is null or (at, kind, id) > ($3::timestamptz, $4::text, $5::text))
    order by at, kind, id limit $2`,
  receipts: `
    select id, at, kind, state, body from receipts where effect = $1 and id > coalesce($3::bigint, 0) order by id limit $2`,
  targets: `
    select encode(id, 'hex') as id, action, subject, state, generation, code from effects
    where ${OF_STEP} and id > decode(coalesce($5::text, ''), 'hex') order by effects.id limit $4`,
  alerts: `
    select id, ${ALERT_COLUMNS} from alerts
    where id < coalesce($2::bigint, 9223372036854775807) and ($3::text is null or outcome = $3)
    order by id desc limit $1`,
} as const;

interface DutyRow {
  readonly kind: 'filing' | 'follow-up' | 'ticket';
  readonly id: string;
  readonly body: JsonObject;
  readonly position_at: string;
}

interface ReceiptRow {
  readonly id: number;
  readonly at: Date;
  readonly kind: string;
  readonly state: string;
  readonly body: string;
}

type TargetRow = Omit<UnsettledRow, 'code'> & { readonly id: string; readonly code: string | null };

/** Lists in PostgreSQL, page by page: each goes on after the values it is ordered by, never at a count of rows. */
export function pageStore(database: Database, keyring: Keyring): PageStore {
  return {
    async documents(incident, { limit, after = [], lane }) {
      const rows = await database.query<DocumentRow & { readonly position_at: string }>(pageStatements.documents, [
        ...[await keyring.number(incident), limit, after[0] ?? null, after[1] ?? null, lane === 'all'],
      ]);
      return rows.map((row) => ({ row: toMeta(row), position: [row.position_at, row.id] }));
    },
    async duties(incident, { limit, after = [] }) {
      const [at = null, kind = null, id = null] = after;
      const values = [await keyring.number(incident), limit, at, kind, id];
      const rows = await database.query<DutyRow>(pageStatements.duties, values);
      return rows.map(({ kind: of, id: key, body, position_at: since }) => ({
        row: { kind: of, body },
        position: [since, of, key],
      }));
    },
    async receipts(incident, { action, subject }, { limit, after = [] }) {
      const values = [effectId(incident, action, subject), limit, after[0] ?? null];
      const rows = await database.query<ReceiptRow>(pageStatements.receipts, values);
      return rows.map(({ id, at, body, ...row }) => ({
        row: { ...row, at: at.toISOString(), body: JSON.parse(body) as JsonObject },
        position: [String(id)],
      }));
    },
    async targets(incident, { step, states }, { limit, after = [] }) {
      const values = [await keyring.number(incident), beginning(incident, step), states, limit, after[0] ?? null];
      const rows = await database.query<TargetRow>(pageStatements.targets, values);
      return rows.map(({ id, code, ...row }) => ({ row: { ...row, code: code ?? undefined }, position: [id] }));
    },
    async alerts({ limit, after = [], outcome }) {
      const values = [limit, after[0] ?? null, outcome ?? null];
      const rows = await database.query<AlertRow & { readonly id: number }>(pageStatements.alerts, values);
      return rows.map(({ id, ...row }) => ({ row: toView(row), position: [String(id)] }));
    },
  };
}
