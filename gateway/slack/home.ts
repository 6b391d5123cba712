import type { IncidentView } from '../../contracts/api.ts';
import type { IncidentRow } from '../../ledger/ports.ts';
import { authorize } from '../auth/authorize.ts';
import type { Identity } from '../auth/identity.ts';
import { readStatus } from '../incident-view.ts';
import { context, header, section, VIEW_BLOCKS_MAX, type Block } from './blocks.ts';
import { askCard, gateCard, instant, named } from './cards.ts';
import type { SlackHouse } from './house.ts';
import { refusalText } from './in-time.ts';

const LOOKED_AT_MAX = 12; // incidents whose gates and questions are read for one page

/** Gates and questions of an incident that wait for a person. */
export function waitingFor(
  { gates, asks }: Pick<IncidentView, 'gates' | 'asks'>,
  { roles, requester }: Pick<IncidentRow, 'roles' | 'requester'>,
  person: string,
): Pick<IncidentView, 'gates' | 'asks'> {
  const holds = (role: string): boolean => roles[role]?.includes(person) === true;
  return {
    gates: gates.filter(
      (gate) =>
        gate.state === 'open' &&
        person !== requester &&
        gate.roles.some(holds) &&
        !gate.answers.some(({ by }) => by === person),
    ),
    asks: asks.filter(({ people, of }) => people.includes(person) || holds(of)),
  };
}

function cardsFor(view: IncidentView, row: IncidentRow, person: string): readonly Block[] {
  const { incident, mode } = view;
  const { gates, asks } = waitingFor(view, row, person);
  return [
    ...gates.flatMap((gate) => gateCard(incident, mode, gate).blocks),
    ...asks.flatMap((ask) => askCard(view, ask).blocks),
  ];
}

/** The app's Home of a person: what waits for them, and which incidents are open. */
export async function homeView({ deps, rooms }: SlackHouse, identity: Identity): Promise<Block> {
  authorize(identity, 'read');
  const open = await rooms.open();
  const cards = await Promise.all(
    open.slice(0, LOOKED_AT_MAX).map(async (row) => {
      const view = await readStatus(deps, row.incident);
      return view.source === 'ledger'
        ? [section(`${named(row.incident, row.mode)}: the engine does not answer`)]
        : cardsFor(view, row, identity.id);
    }),
  );
  const waiting = cards.flat();
  const lines = open.map(({ incident, mode, state, playbook, openedAt }) =>
    section(`${named(incident, mode)} ${state}: ${playbook}, since ${instant(openedAt)}`),
  );
  const blocks = [
    header('What waits for you'),
    ...(waiting.length === 0 ? [section('Nothing.')] : waiting),
    header('Open incidents'),
    ...(lines.length === 0 ? [section('None.')] : lines),
  ];
  const hint = context(`as of ${instant(new Date().toISOString())}; open this page again for what is new`);
  return { type: 'home', blocks: [...blocks.slice(0, VIEW_BLOCKS_MAX), hint] };
}

/** The Home of somebody who is not let in. */
export function closedHome(error: unknown): Block {
  return { type: 'home', blocks: [header('Firebreak'), section(refusalText(error))] };
}
