import type { RefusalPage } from '../../contracts/api.ts';
import type { AlertView } from '../../contracts/detectors.ts';
import type { Session } from '../session.ts';
import { section, shortTime, table } from '../table.ts';

/** What `GET /v1/detectors` answers. */
interface DetectorsView {
  readonly detectors: readonly {
    readonly name: string;
    readonly scheme: string;
    readonly playbooks: readonly string[];
    readonly modes: readonly string[];
    readonly severity: string;
  }[];
  /** What was refused within a day. */
  readonly refusals: readonly { readonly detector: string; readonly code: string; readonly times: number }[];
}

/** Options of a list that is read page by page. */
interface PageOptions {
  readonly limit: string;
  readonly after?: string;
}

/** The query of a page. @param filters - options that are parameters too, where they are given. */
function queryOf(options: PageOptions, filters: readonly string[]): string {
  const given = options as unknown as Readonly<Record<string, string | undefined>>;
  const named = ['limit', ...filters, 'after'].flatMap((name) =>
    given[name] === undefined ? [] : [[name, given[name]] as [string, string]],
  );
  return new URLSearchParams(named).toString();
}

/** How the next page is read. */
function moreLines(next: string | undefined): readonly string[] {
  return next === undefined ? [] : [`more: the same with --after ${next}`];
}

/** `firebreak alerts`: what detectors said and what became of it, newest first. */
export async function alerts(session: Session, options: { readonly outcome?: string } & PageOptions): Promise<void> {
  const answer = await session.api.get<{ readonly alerts: readonly AlertView[]; readonly next?: string }>(
    `/alerts?${queryOf(options, ['outcome'])}`,
  );
  session.show(answer, () =>
    answer.alerts.length === 0
      ? ['no alerts']
      : table(
          ['LAST', 'TIMES', 'DETECTOR', 'KIND', 'SEVERITY', 'OUTCOME', 'INCIDENT', 'EVENT'],
          answer.alerts.map(
            ({ lastAt, times, detector, kind, severity = '', outcome: became, incident = '', code, event }) => [
              ...[shortTime(lastAt), String(times), detector, kind, severity],
              ...[code === undefined ? became : `${became} (${code})`, incident, event],
            ],
          ),
          session.width,
        ).concat(moreLines(answer.next)),
  );
}

/** `firebreak detectors`: who may start what, and what was refused within a day. */
export async function detectors(session: Session): Promise<void> {
  const answer = await session.api.get<DetectorsView>('/detectors');
  session.show(answer, () => [
    ...(answer.detectors.length === 0
      ? ['no detectors are configured; see docs/detectors.md']
      : table(
          ['DETECTOR', 'SCHEME', 'UP TO', 'MODES', 'PLAYBOOKS'],
          answer.detectors.map(({ name, scheme, severity, modes, playbooks }) => [
            ...[name, scheme, severity, modes.join(', '), playbooks.join(', ')],
          ]),
          session.width,
        )),
    ...section(
      'Refused within a day',
      answer.refusals.map(({ detector, code, times }) => `${times} x ${detector} ${code}`),
    ),
  ]);
}

/** `firebreak audit`: what was refused to whom, newest first; alike within a minute stand in one row. */
export async function audit(
  session: Session,
  options: { readonly who?: string; readonly code?: string } & PageOptions,
): Promise<void> {
  const answer = await session.api.get<RefusalPage>(`/audit?${queryOf(options, ['who', 'code'])}`);
  session.show(answer, () =>
    answer.refusals.length === 0
      ? ['nothing was refused']
      : table(
          ['LAST', 'TIMES', 'WHO', 'CODE', 'INCIDENT', 'REQUEST', 'ROUTE'],
          answer.refusals.map(({ lastAt, times, who, code, incident = '', request, route }) => [
            ...[shortTime(lastAt), String(times), who, code, incident, request, route],
          ]),
          session.width,
        ).concat(moreLines(answer.next)),
  );
}

/** `firebreak dismiss`: a held incident was nothing; it ends without having run. */
export async function dismiss(
  session: Session,
  incident: string,
  { reason }: { readonly reason: string },
): Promise<void> {
  const answer = await session.api.post<{ readonly incident: string; readonly dismissed: boolean }>(
    `/incidents/${incident}/dismiss`,
    { reason },
    session.newKey(),
  );
  session.show(answer, () => [`${answer.incident} is dismissed: nothing of it ran`]);
}

/** `firebreak release`: lets an incident run that a detector opened beyond its key. */
export async function release(
  session: Session,
  incident: string,
  { reason }: { readonly reason: string },
): Promise<void> {
  const answer = await session.api.post<{ readonly incident: string; readonly released: boolean }>(
    `/incidents/${incident}/release`,
    { reason },
    session.newKey(),
  );
  session.show(answer, () => [`${answer.incident} runs`, `look: firebreak status ${answer.incident}`]);
}
