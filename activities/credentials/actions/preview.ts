import type { GatePreview } from '../../port.ts';
import type { GateVariant } from '../../../contracts/messages.ts';
import type { Issuers, Pick } from '../issuers.ts';
import type { Ledger } from '../../../ledger/ports.ts';

/** What a gate shows of an act on credentials: how many of each kind, who will act, and what cannot be taken back. */
export function previewOf(ledger: Ledger, issuers: Issuers, verb: string, pick: Pick): GatePreview {
  return async ({ incident, dataset }) => {
    if (!dataset) return { variants: [], notes: [] };
    const [kinds, byIssuer] = await Promise.all([
      ledger.datasets.countBy(incident, dataset, 'kind'),
      ledger.datasets.countBy(incident, dataset, 'issuer'),
    ]);
    const variants = Object.entries(kinds).map(([name, count]): GateVariant => ({
      name,
      count,
      sample: `${verb} a credential of kind ${name}`,
    }));
    return {
      variants,
      notes: Object.entries(byIssuer).flatMap(([name, count]) => notesOn(issuers, name, count, pick)),
    };
  };
}

function notesOn(issuers: Issuers, name: string, count: number, pick: Pick): readonly string[] {
  const issuer = issuers.get(name);
  const connector = issuer && pick(issuer);
  if (!connector)
    return [`${count} of issuer ${name}: nothing is configured that can do it; they will fail and be listed`];
  return [
    `${count} of issuer ${name}, by ${connector.name}`,
    ...(connector.reversible ? [] : [`${name}: cannot be taken back`]),
    ...(connector.notifiesOwner ? [`${name}: the issuer itself tells the owner, before our notice does`] : []),
    ...(connector.endsSessions ? [] : [`${name}: open sessions go on until they are ended`]),
    ...(connector.effectDelayMaxMs > 0
      ? [`${name}: may take up to ${Math.ceil(connector.effectDelayMaxMs / 1_000)} s to show`]
      : []),
  ];
}
