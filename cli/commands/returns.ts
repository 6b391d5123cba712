import type { HoldBody, HoldReport, LiftBody, ReconcileReport } from '../../contracts/returns.ts';
import type { Session } from '../session.ts';
import { shortTime, table } from '../table.ts';

/** `firebreak hold add`. */
export async function addHold(session: Session, incident: string, options: HoldBody): Promise<void> {
  const { audience, basis, until } = options;
  const body: HoldBody = { audience, basis, ...(until === undefined ? {} : { until }) };
  const report = await session.api.post<HoldReport>(`/incidents/${incident}/holds`, body, session.newKey());
  session.show(report, () => holdLines(report));
}

/** `firebreak hold list`. */
export async function listHolds(session: Session, incident: string): Promise<void> {
  const answer = await session.api.get<{ holds: readonly HoldReport[] }>(`/incidents/${incident}/holds`);
  session.show(answer, () => (answer.holds.length === 0 ? ['no holds'] : answer.holds.flatMap(holdLines)));
}

/** `firebreak hold lift`. */
export async function liftHold(session: Session, incident: string, id: string, { reason }: LiftBody): Promise<void> {
  const path = `/incidents/${incident}/holds/${encodeURIComponent(id)}/lift`;
  const report = await session.api.post<HoldReport>(path, { reason } satisfies LiftBody, session.newKey());
  session.show(report, () => holdLines(report));
}

/** `firebreak reconcile`. */
export async function reconcile(session: Session): Promise<void> {
  const report = await session.api.post<ReconcileReport>('/reconcile', {}, session.newKey());
  session.show(report, () => {
    const { settled, open } = report;
    const rest = `${open} claims were left: their run or their request may still act`;
    if (settled.length === 0) return ['nothing was left by runs that are over', rest];
    const rows = settled.map((run) => [run.incident, run.step, run.action, run.class, String(run.settled)]);
    return [...table(['INCIDENT', 'STEP', 'ACTION', 'CLASS', 'UNKNOWN NOW'], rows), rest];
  });
}

function holdLines({ hold, counts, goneOut }: HoldReport): readonly string[] {
  const { id, audience, active, by, at, until, basis, liftedAt, liftedBy, reason } = hold;
  const end =
    liftedAt !== undefined
      ? `lifted ${shortTime(liftedAt)} by ${liftedBy ?? '?'}: ${reason ?? ''}`
      : until === undefined
        ? 'until it is lifted'
        : `${active ? 'until' : 'ran out'} ${shortTime(until)}`;
  const gone = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const states = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  return [
    `hold ${id}: ${audience}, ${end}`,
    `  placed ${shortTime(at)} by ${by}: ${basis}`,
    gone === 0 ? '  nothing had gone out' : `  ${gone} had gone out (${states.join(', ')})`,
    ...goneOut.map((notice) => `    ${notice.subject}  ${notice.state}${notice.at ? `  ${shortTime(notice.at)}` : ''}`),
  ];
}
