import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExplainedPlan, IncidentView, Timeline } from '../contracts/api.ts';
import { CodedError } from '../contracts/errors.ts';
import { isIncidentId } from '../contracts/ids.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../contracts/json.ts';
import type { JournalRecord } from '../contracts/journal.ts';
import type { Plan } from '../contracts/plan.ts';
import { readGiven, typedValue } from './given-values.ts';
import { STEP_KINDS, stepsOnRecord, type StepsOnRecord } from './runbook-records.ts';
import type { Session } from './session.ts';

/** A plan with what is known of its steps. */
export interface Pinned extends StepsOnRecord {
  readonly plan: Plan;
  readonly planHash: string;
  /** What people are to do at manual steps, by step. */
  readonly instructions?: Readonly<Record<string, string>> | undefined;
  /** Where this was read from, in a few words. */
  readonly from: string;
}

const PAGE = 1_000;
const NOTHING: StepsOnRecord = { states: new Map(), byHand: new Map() };

async function journalOf({ api }: Session, incident: string): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for (let after = 0; ;) {
    const page = await api.get<Timeline>(`/incidents/${incident}/timeline?after=${after}&limit=${PAGE}`);
    records.push(...page.records);
    if (page.records.length < PAGE) return records;
    after = page.records.at(-1)!.seq;
  }
}

/** Of an incident, by the gateway: the plan it is pinned to and what is known of its steps. The engine may be dead. */
async function ofIncident(session: Session, incident: string): Promise<Pinned> {
  const { api } = session;
  const [{ plan, planHash, instructions }, view, records] = await Promise.all([
    api.get<ExplainedPlan>(`/incidents/${incident}/plan`),
    api.get<IncidentView>(`/incidents/${incident}`),
    journalOf(session, incident),
  ]);
  const { states, byHand } = stepsOnRecord(records);
  const said = new Map(view.steps.map(({ id, state }) => [id, state]));
  const from = view.source === 'ledger' ? 'the ledger, by the gateway; the engine does not answer' : 'the engine';
  return { plan, planHash, instructions, states: said.size > 0 ? said : states, byHand, from };
}

/** Of an incident, by its ledger: gateway and engine may be dead. */
async function ofDatabase({ terminal }: Session, incident: string, database: string): Promise<Pinned> {
  const { readFromLedger } = await import('./ledger-database.ts');
  const { records, ...found } = await readFromLedger(incident, await databaseUrl(database, terminal));
  return { ...found, ...stepsOnRecord(records), from: 'the ledger’s database' };
}

/** An address of a database: as it is, or by reference, so that its password is no argument. */
async function databaseUrl(text: string, terminal: Session['terminal']): Promise<string> {
  if (text.startsWith('env:')) {
    const value = terminal.environment[text.slice('env:'.length)];
    if (!value) throw new CodedError('CLI_USAGE', `the environment has no ${text.slice('env:'.length)}`);
    return value;
  }
  const url = text.startsWith('file:') ? (await readGiven(text.slice('file:'.length), terminal)).trim() : text;
  if (!/^postgres(?:ql)?:\/\//.test(url))
    throw new CodedError('CLI_USAGE', '--database is postgres://..., env:NAME or file:PATH');
  return url;
}

/** Of a saved plan (`playbook explain --json`), or of the answer of `runbook --json`. */
function ofSavedPlan(value: JsonObject, path: string): Pinned {
  if (!isJsonObject(value['plan']) || typeof value['planHash'] !== 'string')
    throw new CodedError('CLI_USAGE', `${path} does not hold a plan as \`playbook explain --json\` writes it`);
  const { plan, planHash, instructions } = value as unknown as ExplainedPlan;
  return { plan, planHash, instructions, ...NOTHING, from: path };
}

/** Of a bundle, line by line: the plan, held to the hash that the bundle names, and what its journal says of the steps. */
async function ofBundle({ terminal }: Session, path: string): Promise<Pinned> {
  const records: JournalRecord[] = [];
  let [plan, planHash]: [Plan | undefined, string] = [undefined, ''];
  const lines = createInterface({ input: createReadStream(resolve(terminal.folder, path)), crlfDelay: Infinity });
  for await (const text of lines) {
    const value = typedValue(text);
    if (!isJsonObject(value)) continue;
    if (value['line'] === 'manifest') planHash = value['planHash'] as string;
    else if (value['line'] === 'plan') plan = value['plan'] as unknown as Plan;
    else if (value['line'] === 'record' && STEP_KINDS.some((kind) => kind === value['kind']))
      records.push(value as unknown as JournalRecord);
  }
  if (!plan) throw new CodedError('CLI_USAGE', `${path} is no bundle with a plan in it`);
  const hash = createHash('sha256').update(canonicalJson(plan)).digest('hex');
  if (hash !== planHash) throw new CodedError('CLI_PLAN_CHANGED', `the plan in ${path} is not the one that it names`);
  return { plan, planHash, ...stepsOnRecord(records), from: `${path} (proven by \`firebreak bundle verify\`)` };
}

/** Of a file: a bundle, or a saved plan. */
async function ofFile(session: Session, path: string): Promise<Pinned> {
  if (!path.endsWith('.json')) return ofBundle(session, path);
  const value = typedValue(await readGiven(path, session.terminal));
  if (!isJsonObject(value)) return ofBundle(session, path); // a bundle may be called as one likes
  return ofSavedPlan(value, path);
}

/**
 * Finds a plan wherever it can still be had.
 *
 * @param what - an incident, a bundle (`*.fbb`, `*.jsonl`), a saved plan (`*.json`), a playbook file or the name of a playbook.
 * @param database - read an incident from there instead of from the gateway.
 * @throws CLI_USAGE, CLI_FILE_UNREADABLE, CLI_PLAN_CHANGED, LEDGER_UNREACHABLE, INCIDENT_UNKNOWN; CLI_UNREACHABLE
 */
export async function findPlan(session: Session, what: string, database: string | undefined): Promise<Pinned> {
  if (database !== undefined && !isIncidentId(what))
    throw new CodedError('CLI_USAGE', '--database goes with an incident, such as INC-2026-0042');
  if (isIncidentId(what))
    return database === undefined ? ofIncident(session, what) : ofDatabase(session, what, database);
  if (/\.(?:fbb|jsonl|json)$/.test(what)) {
    await refuseUnreadable(session, what);
    return ofFile(session, what);
  }
  const { explained } = await import('./commands/playbooks.ts');
  const { plan, planHash, instructions } = await explained(session, what);
  return { plan, planHash, instructions, ...NOTHING, from: `playbook ${what}, without connectors` };
}

/** @throws CLI_FILE_UNREADABLE; a stream of a file that is not there would end the process. */
async function refuseUnreadable({ terminal }: Session, path: string): Promise<void> {
  const { access, constants } = await import('node:fs/promises');
  await access(resolve(terminal.folder, path), constants.R_OK).catch((cause: unknown) => {
    throw new CodedError('CLI_FILE_UNREADABLE', `${path} cannot be read`, { cause });
  });
}
