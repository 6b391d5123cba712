import { FOUND_UPLOAD, type GivenCredential } from '../../contracts/api.ts';
import type { Mode } from '../../contracts/effects.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import type { CompiledPlan } from '../../contracts/plan.ts';
import type { GatewayDeps } from '../deps.ts';
import { readRow } from '../incident-view.ts';
import { credentialLeaks, credentialSubject, leakKey } from '../leaks.ts';

/** An alert of a run, as far as its credentials go. */
interface Bringing {
  readonly mode: Mode;
  readonly credentials: readonly GivenCredential[];
  /** What the alert is about. */
  readonly leakKey: string;
}

/** Whether a plan declares an amendment that takes credentials which were uploaded. */
function takesUploads({ plan, documents }: CompiledPlan): boolean {
  return Object.values(plan.amendments).some(({ of }) => {
    const schema = documents[plan.scopes.find(({ id }) => id === of)?.inputsSchema ?? ('' as never)];
    const { properties } = JSON.parse(schema?.body ?? '{}') as JsonObject;
    return isJsonObject(properties) && Object.hasOwn(properties, 'upload');
  });
}

/**
 * Seals the credentials of an alert that joins a run, as an upload of that incident: a person widens the run with it. What a
 * credential is known by is a keyed hash; this process cannot open it again.
 *
 * @returns how many credentials the incident has been offered by now; `count` is `undefined` where this alert offers none: its
 * credential is what the run is about, came with its start, or is another incident's, or the playbook declares no amendment for
 * it. `isFull`: one was not sealed, because the incident was offered as many as it may be.
 */
export async function offerCredentials(
  deps: GatewayDeps,
  incident: IncidentId,
  { mode, credentials, leakKey: about }: Bringing,
): Promise<{ readonly count: number | undefined; readonly isFull: boolean }> {
  const { ledger } = deps;
  const others = credentials.filter((given) => !credentialLeaks(ledger, mode, [given]).includes(about));
  const none = { count: undefined, isFull: false };
  if (others.length === 0) return none;
  const row = await readRow(deps, incident);
  const compiled = await ledger.documents.getPlan(row.planHash);
  if (!compiled || !takesUploads(compiled)) return none;
  let count: number | undefined;
  let isFull = false;
  for (const given of others) {
    const fingerprint = ledger.incidents.fingerprint(given.value);
    const key = leakKey(ledger, mode, credentialSubject(fingerprint));
    const visit = await ledger.alerts.found(incident, fingerprint, key);
    isFull ||= visit === 'full';
    if (visit === undefined || visit === 'full') continue;
    count = Math.max(count ?? 0, visit);
    const rows = [
      { subject: fingerprint, attributes: { issuer: given.issuer ?? 'own' }, sealed: { ...given } },
    ] as const;
    const owner = { incident, step: FOUND_UPLOAD, visit };
    const { dataset } = await ledger.datasets.deposit(owner, { dataset: { kind: 'credentials', rows } });
    const { id, count: rowCount, digest } = dataset!;
    const body = { step: FOUND_UPLOAD, visit, dataset: { id, count: rowCount, digest } };
    await ledger.journal.append(incident, [
      { key: `dataset:${FOUND_UPLOAD}#${visit}`, kind: 'dataset', actor: row.requester, body },
    ]);
  }
  return { count, isFull };
}
