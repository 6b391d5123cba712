import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BundleBody, DocumentEntry, DutiesView, ReceiptEntry, Timeline } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { JournalRecord } from '../../contracts/journal.ts';
import { headwayLine, sentences, verifyBundle } from '../bundle-verify.ts';
import { exitCodes } from '../exit-code.ts';
import { readableLines, RECORD_HEAD, recordRow } from '../record-line.ts';
import type { Session } from '../session.ts';
import { section, shortTime, table } from '../table.ts';

const PAGE = 1_000;

async function writeBytes({ terminal }: Session, path: string, bytes: Uint8Array): Promise<string> {
  const target = resolve(terminal.folder, path);
  try {
    await writeFile(target, bytes, { mode: 0o600 });
  } catch (cause) {
    throw new CodedError('CLI_FILE_UNREADABLE', `${path} cannot be written`, { cause });
  }
  return target;
}

/** `firebreak timeline`: the journal, oldest first. */
export async function timeline(
  session: Session,
  incident: string,
  { after }: { readonly after: string },
): Promise<void> {
  const records: JournalRecord[] = [];
  for (let from = Number(after); ;) {
    const page = await session.api.get<Timeline>(`/incidents/${incident}/timeline?after=${from}&limit=${PAGE}`);
    records.push(...page.records);
    if (page.records.length < PAGE) break;
    from = page.records.at(-1)!.seq;
  }
  session.show(records, () => table(RECORD_HEAD, records.map(recordRow), session.width));
}

/** `firebreak documents`: lists them, or fetches one. */
export async function documents(
  session: Session,
  incident: string,
  document: string | undefined,
  { out }: { readonly out?: string },
): Promise<void> {
  if (document === undefined) {
    const answer = await session.api.all<{ readonly documents: readonly DocumentEntry[] }>(
      `/incidents/${incident}/documents`,
      ['documents'],
    );
    const rows = answer.documents.map(({ id, name, bytes, createdAt, handling }) => [
      ...[id, name, String(bytes), shortTime(createdAt)],
      `TLP:${handling.tlp}${handling.privilege === 'counsel' ? ', privileged' : ''}`,
    ]);
    session.show(answer, () =>
      rows.length === 0 ? ['no documents'] : table(['ID', 'NAME', 'BYTES', 'STORED', 'HANDLING'], rows),
    );
    return;
  }
  const bytes = await session.api.bytes(`/incidents/${incident}/documents/${encodeURIComponent(document)}`);
  if (out === undefined) {
    session.terminal.write(Buffer.from(bytes).toString('utf8'));
    return;
  }
  const path = await writeBytes(session, out, bytes);
  session.show({ path }, () => [path]);
}

/** `firebreak receipts`: everything that the outside answered about one target. */
export async function receipts(session: Session, incident: string, action: string, subject: string): Promise<void> {
  const query = new URLSearchParams({ action, subject });
  const answer = await session.api.all<{ readonly receipts: readonly ReceiptEntry[] }>(
    `/incidents/${incident}/receipts?${query.toString()}`,
    ['receipts'],
  );
  session.show(answer, () =>
    answer.receipts.length === 0
      ? ['no receipts: nothing was tried on that target']
      : table(
          ['AT (UTC)', 'KIND', 'STATE', 'ANSWER'],
          answer.receipts.map(({ at, kind, state, body }) => [at.slice(0, 19), kind, state, JSON.stringify(body)]),
        ),
  );
}

/** `firebreak duties`: filings, follow-ups, tickets and legal clocks. */
export async function duties(session: Session, incident: string): Promise<void> {
  const lists = ['filings', 'followUps', 'tickets'] as const;
  const answer = await session.api.all<DutiesView>(`/incidents/${incident}/duties`, lists);
  session.show(answer, () =>
    ([...lists, 'obligations'] as const).flatMap((name) =>
      section(
        name,
        answer[name].map((entry: object) => readableLines(entry as JsonObject).join('; ')),
      ),
    ),
  );
}

/** `firebreak bundle export`: the signed record of an incident, as a file on this machine. */
export async function exportBundle(
  session: Session,
  incident: string,
  { for: audience, out = `${incident}.bundle.jsonl` }: { readonly for: string; readonly out?: string },
): Promise<void> {
  const body = { audience: audience as NonNullable<BundleBody['audience']>, download: true } satisfies BundleBody;
  const bytes = await session.api.bytes(`/incidents/${incident}/bundle`, { body, key: session.newKey() });
  const path = await writeBytes(session, out, bytes);
  session.show({ path, bytes: bytes.length }, () => [path, `check it: firebreak bundle verify ${out}`]);
}

/** `firebreak bundle verify`: needs neither gateway nor key. @returns the exit code */
export async function checkBundle(
  session: Session,
  path: string,
  { anchor, key }: { readonly anchor?: string; readonly key?: string },
): Promise<number> {
  const { folder, warn, isTerminal } = session.terminal;
  const line = headwayLine((text) => isTerminal && warn(text));
  const verdict = await verifyBundle(resolve(folder, path), {
    ...(anchor === undefined ? {} : { anchor: resolve(folder, anchor) }),
    ...(key === undefined ? {} : { publicKey: resolve(folder, key) }),
    onHeadway: line.show,
  });
  line.clear();
  session.show(verdict, () => [...sentences(verdict)]);
  return verdict.ok ? exitCodes.ok : exitCodes.refused;
}
