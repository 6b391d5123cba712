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

/** `firebreak alerts`: what detectors said and what became of it, newest first. */
export async function alerts(
  session: Session,
  { outcome, limit }: { readonly outcome?: string; readonly limit: string },
): Promise<void> {
  const query = new URLSearchParams({ limit, ...(outcome === undefined ? {} : { outcome }) });
  const answer = await session.api.get<{ readonly alerts: readonly AlertView[] }>(`/alerts?${query.toString()}`);
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
        ),
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
