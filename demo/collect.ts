import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyBundle } from '../cli/bundle-verify.ts';
import type { IncidentStatus } from '../contracts/messages.ts';
import type { FilingRow } from '../ledger/ports.ts';
import type { Api } from './api.ts';
import { answerCommands, credentialClaims, noticeClaims, openItems, readEffects, type DemoOutcome } from './outcome.ts';
import type { Observed } from './world/observe.ts';

/** What a run has left behind, and where to look. */
export interface Collected {
  readonly trigger: DemoOutcome['trigger'];
  readonly status: IncidentStatus;
  readonly reader: Api;
  readonly exporter: Api;
  readonly observed: Observed;
  /** Folder that drafts and reports are written to. */
  readonly drafts: string;
  readonly anchors: string;
  readonly timings: DemoOutcome['timings'];
  readonly crashes: number;
}

interface DocumentEntry {
  readonly id: string;
  readonly name: string;
}

/** Writes an incident's Markdown documents to a folder. @returns path by document id. */
async function writeDrafts(reader: Api, incident: string, folder: string): Promise<ReadonlyMap<string, string>> {
  await mkdir(folder, { recursive: true });
  const { documents } = await reader.get<{ documents: readonly (DocumentEntry & { mediaType: string })[] }>(
    `/incidents/${incident}/documents`,
  );
  const written = await Promise.all(
    documents
      .filter(({ mediaType }) => mediaType.startsWith('text/markdown'))
      .map(async ({ id, name }) => {
        const path = join(folder, name.replaceAll(/[^\w.-]/g, '-'));
        await writeFile(path, await reader.text(`/incidents/${incident}/documents/${id}`));
        return [id, path] as const;
      }),
  );
  return new Map(written);
}

/** Gathers what the engine claims, sets beside it what the world observed, and verifies the bundle. */
export async function collect(run: Collected): Promise<DemoOutcome> {
  const { status, reader, exporter, observed } = run;
  const incident = status.incident;
  const [effects, duties, bundle, paths] = await Promise.all([
    readEffects(reader, incident),
    reader.get<{ filings: readonly FilingRow[]; tickets: DemoOutcome['tickets'] }>(`/incidents/${incident}/duties`),
    exporter.post<{ path: string; records: number; head: string }>(`/incidents/${incident}/bundle`, {
      audience: 'auditor',
    }),
    writeDrafts(reader, incident, run.drafts),
  ]);
  const verdict = await verifyBundle(bundle.path, { anchor: run.anchors });
  return {
    incident,
    trigger: run.trigger,
    playbook: status.playbook,
    planHash: status.planHash,
    status: status.state,
    credentials: credentialClaims(effects, status),
    notices: noticeClaims(effects),
    tickets: duties.tickets.map(({ connector, id, url }) => ({ connector, id, url })),
    filings: duties.filings.map(({ id, kind, document, dueAt, state, by, at }) => ({
      id,
      kind,
      path: paths.get(document) ?? document,
      dueAt: dueAt ?? null,
      state,
      by: by ?? null,
      at: at ?? null,
    })),
    observed,
    journal: { records: bundle.records, head: bundle.head, verified: verdict.ok },
    bundle: bundle.path,
    timings: run.timings,
    crashes: run.crashes,
    open: openItems(status),
    answers: answerCommands(status),
  };
}
