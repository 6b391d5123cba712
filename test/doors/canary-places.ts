import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import pg from 'pg';
import type { SlackSeen } from '../../demo/world/slack/workplace.ts';
import type { CanaryHouse } from './canary-house.ts';
import type { Place } from './search.ts';

const { temporal } = proto; // the package is CommonJS
const { History } = temporal.api.history.v1;
const { DescribeWorkflowExecutionResponse, ListWorkflowExecutionsResponse } = temporal.api.workflowservice.v1;
const NAMESPACE = 'default';
/** What people themselves type in Slack begins so: Slack has it because they typed it. */
export const TYPED_BY_HAND = 'typed by hand:';

/** The raw bytes of every history, described and listed: no codec between. */
async function histories(house: CanaryHouse): Promise<readonly Place[]> {
  const connection = await Connection.connect({ address: house.stack.urls.temporal });
  try {
    const { workflowService } = connection;
    const listed = await workflowService.listWorkflowExecutions({ namespace: NAMESPACE, pageSize: 1_000 });
    const places: Place[] = [
      { name: 'Temporal, the list', bytes: Buffer.from(ListWorkflowExecutionsResponse.encode(listed).finish()) },
    ];
    for (const { execution } of listed.executions) {
      const place = { namespace: NAMESPACE, execution: execution! };
      const parts: Uint8Array[] = [];
      let nextPageToken: Uint8Array | undefined;
      do {
        const page = await workflowService.getWorkflowExecutionHistory({
          ...place,
          nextPageToken: nextPageToken ?? null,
        });
        parts.push(History.encode(page.history ?? {}).finish());
        nextPageToken = page.nextPageToken;
      } while (nextPageToken.length > 0);
      const described = await workflowService.describeWorkflowExecution(place);
      parts.push(DescribeWorkflowExecutionResponse.encode(described).finish());
      places.push({ name: `Temporal, history of ${execution!.workflowId ?? '?'}`, bytes: Buffer.concat(parts) });
    }
    return places;
  } finally {
    await connection.close();
  }
}

/** Files of a folder and of those inside of it. */
function files(folder: string, isOne: (name: string) => boolean): readonly Place[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path, isOne);
    return entry.isFile() && isOne(entry.name) ? [{ name: `file ${path}`, bytes: readFileSync(path) }] : [];
  });
}

/** Every row of every table; sealed columns too: they hold nothing legible. */
async function ledgerRows({ stack }: CanaryHouse): Promise<readonly Place[]> {
  const client = new pg.Client({ connectionString: stack.urls.postgres });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "select quote_ident(tablename) as name from pg_tables where schemaname = 'public' order by 1",
    );
    const places: Place[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select row_to_json(t)::text as row from ${name} t`);
      places.push({ name: `ledger, table ${name}`, bytes: Buffer.from(rows.map(({ row }) => row).join('\n')) });
    }
    return places;
  } finally {
    await client.end();
  }
}

/** What we sent to Slack: calls and answers to people. What Slack answered holds what people typed there. */
async function slackRecordings(house: CanaryHouse): Promise<readonly Place[]> {
  const { calls, responses } = (await house.control('/slack/calls?after=0')) as SlackSeen;
  const ours = calls.filter(
    ({ args }) => !(typeof args['text'] === 'string' && args['text'].startsWith(TYPED_BY_HAND)),
  );
  return [
    { name: 'Slack, calls', bytes: Buffer.from(JSON.stringify(ours.map(({ method, args }) => [method, args]))) },
    { name: 'Slack, answers to people', bytes: Buffer.from(JSON.stringify(responses)) },
  ];
}

async function pages({ stack }: CanaryHouse): Promise<readonly Place[]> {
  const found: Place[] = [];
  for (const [name, url] of [
    ['metrics of the worker', `${stack.urls.worker}/metrics`],
    ['metrics of the gateway', `${stack.urls.gateway}/metrics`],
  ] as const) {
    const answer = await fetch(url);
    found.push({ name, bytes: Buffer.from(await answer.text()) });
  }
  return found;
}

/** Everything that the house wrote anywhere but into the mail to its very reader. */
export async function everyPlace(house: CanaryHouse): Promise<readonly Place[]> {
  const record = join(house.folder, 'record');
  mkdirSync(record, { recursive: true });
  await house.control(`/record?folder=${encodeURIComponent(record)}`);
  return [
    ...(await histories(house)),
    ...files(house.folder, (name) => name.startsWith('temporal.db')),
    ...files(house.home.logs, () => true),
    ...files(record, (name) => ['tickets.json', 'chat.json'].includes(name)),
    ...files(house.folder, (name) => name.endsWith('.fbb') || name === 'anchors.jsonl'),
    { name: 'what the stack said', bytes: Buffer.from(house.said.join('\n')) },
    ...(await ledgerRows(house)),
    ...(await slackRecordings(house)),
    ...(await pages(house)),
  ];
}
