import { cutPoint, type CutPoint } from '../../../activities/effects/cut-point.ts';
import type { Ledger } from '../../../ledger/ports.ts';

type Call = (...given: never[]) => Promise<unknown>;

/** The same call with cut points around it; `sent` stands where the statement is on its way. */
function around<Method extends Call>(
  method: Method,
  cuts: { readonly before?: CutPoint; readonly sent?: CutPoint; readonly answered?: CutPoint },
): Method {
  return (async (...given: Parameters<Method>) => {
    if (cuts.before) cutPoint(cuts.before);
    const answer = method(...given);
    if (cuts.sent) setImmediate(() => cutPoint(cuts.sent!));
    const value = await answer;
    if (cuts.answered) cutPoint(cuts.answered);
    return value;
  }) as Method;
}

/**
 * A ledger whose statements are cut points for the actions that act on nothing else: `incident.followUp` writes the row, then
 * the record; `incident.close` the record, then the end of the keys.
 */
export function ledgerCuts(ledger: Ledger): Ledger {
  const { duties, journal, incidents } = ledger;
  const append = journal.append.bind(journal);
  const byKind: Readonly<Record<string, Parameters<typeof around>[1]>> = {
    'follow-up': { sent: 'request-sent', answered: 'answer-read' },
    'incident.closed': { before: 'before-claim', answered: 'after-claim' },
  };
  return wrapped(ledger, {
    duties: wrapped(duties, {
      putFollowUp: around(duties.putFollowUp.bind(duties), { before: 'before-claim', answered: 'after-claim' }),
    }),
    journal: wrapped(journal, {
      append: (incident, drafts) => around(append, byKind[drafts[0]?.kind ?? ''] ?? {})(incident, drafts),
    }),
    incidents: wrapped(incidents, {
      destroyKeys: around(incidents.destroyKeys.bind(incidents), { sent: 'request-sent', answered: 'answer-read' }),
    }),
  });
}

function wrapped<Thing extends object>(thing: Thing, changes: Partial<Thing>): Thing {
  return new Proxy(thing, {
    get: (target, name) => {
      const value: unknown = name in changes ? Reflect.get(changes, name) : Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
