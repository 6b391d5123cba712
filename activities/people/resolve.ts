import { CodedError } from '../../contracts/errors.ts';
import { DIRECTORY_BATCH } from './port.ts';
import { factsOf } from '../incident-record.ts';
import { isJsonObject } from '../../contracts/json.ts';
import type { ActionCall, ActionResult } from '../../contracts/effects.ts';
import type {
  CredentialAttributes,
  DatasetRef,
  PersonAttributes,
  PersonSealed,
  PersonSecret,
} from '../../contracts/dataset.ts';
import type { Directory, DirectoryPerson, StoreAdmins } from './port.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { Ledger, NewRow } from '../../ledger/ports.ts';

/** What `people.resolve` works with. */
export interface ResolveOptions {
  readonly ledger: Ledger;
  readonly directory: Directory;
  /** `undefined` where no source of store admins is configured. */
  readonly admins: StoreAdmins | undefined;
}

/** Everyone a set of credentials leads to, before the directory is asked. */
interface Owners {
  /** Their secrets by directory id; by pseudonym where the register of the incident does not know who that is. */
  readonly secrets: ReadonlyMap<string, readonly PersonSecret[]>;
  readonly stores: ReadonlySet<string>;
  /** Credentials whose owner nobody knows. */
  readonly ownerless: number;
}

/**
 * `people.resolve`: finds the people behind credentials and writes them, with their addresses sealed, as datasets.
 *
 * @idempotency datasets are written under (step, visit); a repeat returns the same ones.
 * @throws PEOPLE_OWNERS_INVALID, CONNECTOR_ codes, LEDGER_ codes.
 */
export async function resolvePeople(call: ActionCall, options: ResolveOptions): Promise<ActionResult> {
  const { ledger, directory } = options;
  const owners = await ownersOf(call, ledger);
  const admins = await adminsOf(call, options, owners.stores);
  const ids = [...new Set([...owners.secrets.keys(), ...admins.ids])].sort();
  const people = await lookUp(directory, ids, await asOf(call, ledger));
  const subjectOf = (id: string): Promise<string> => ledger.incidents.personSubject(call.incident, id);
  const rows = await Promise.all(
    [...people.values()].map(async (person): Promise<NewRow> => {
      const secrets = owners.secrets.get(person.id);
      const relation = secrets ? 'owner' : 'store-admin';
      const admin = admins.ids.includes(person.id) ? { admin: true } : {};
      return personRow(await subjectOf(person.id), person, relation, { secrets: secrets ?? [], ...admin });
    }),
  );
  const controllers = await Promise.all(
    [...controllersOf(people).values()].map(async ({ controller, people: theirs }) => {
      const secrets = theirs.flatMap((id) => owners.secrets.get(id) ?? []);
      return personRow(await subjectOf(controller.id), controller, 'controller', { secrets, people: theirs.length });
    }),
  );
  const refs = await write(call, ledger, rows, controllers);
  const openItems = [...admins.openItems, ...missing(ids.length - people.size, owners.ownerless)];
  return {
    outputs: { ...refs, count: rows.length },
    facts: { affectedPeople: await ledger.datasets.distinct(call.incident, 'people') }, // with those of earlier rounds
    ...(openItems.length > 0 ? { openItems } : {}),
  };
}

async function ownersOf(call: ActionCall, ledger: Ledger): Promise<Owners> {
  const { owners } = call.with;
  if (!isJsonObject(owners) || owners['kind'] !== 'credentials' || typeof owners['id'] !== 'string')
    throw new CodedError('PEOPLE_OWNERS_INVALID', `${call.step}: \`owners\` is not a dataset of credentials`);
  const secrets = new Map<string, PersonSecret[]>();
  const stores = new Set<string>();
  let ownerless = 0;
  for await (const { subject, attributes } of ledger.datasets.stream(call.incident, owners as unknown as DatasetRef)) {
    const { owner, store = '', name, hint, issuer, kind } = attributes as CredentialAttributes;
    if (store !== '') stores.add(store);
    if (owner === '') ownerless += 1;
    else {
      const known = secrets.get(owner) ?? [];
      known.push({ subject, name, hint, issuer, kind });
      secrets.set(owner, known);
    }
  }
  const ids = await ledger.people.idsOf(call.incident, [...secrets.keys()]);
  const named = new Map([...secrets].map(([owner, theirs]) => [ids.get(owner) ?? owner, theirs]));
  return { secrets: named, stores, ownerless };
}

async function adminsOf(
  { with: given }: ActionCall,
  { admins }: ResolveOptions,
  stores: ReadonlySet<string>,
): Promise<{ readonly ids: readonly string[]; readonly openItems: readonly string[] }> {
  const { also } = given;
  if (!Array.isArray(also) || !also.includes('store-admins')) return { ids: [], openItems: [] };
  if (!admins) {
    return { ids: [], openItems: ['Store admins were not looked up: connectors.people.admins is not configured.'] };
  }
  const found = await Promise.all([...stores].sort().map((store) => admins.of(store)));
  return { ids: found.flat(), openItems: [] };
}

/** Start of the exposure, where addresses must be those of that time and it is known. */
async function asOf({ incident, with: given, facts }: ActionCall, ledger: Ledger): Promise<string | undefined> {
  if (given['addresses'] !== 'as-of-exposure') return undefined;
  const occurred = (await factsOf(ledger, incident, facts)).occurredAt?.value;
  if (!isJsonObject(occurred)) return undefined;
  const at = occurred['at'] ?? occurred['from'];
  return typeof at === 'string' ? at : undefined;
}

async function lookUp(
  directory: Directory,
  ids: readonly string[],
  at: string | undefined,
): Promise<ReadonlyMap<string, DirectoryPerson>> {
  const found = new Map<string, DirectoryPerson>();
  for (let from = 0; from < ids.length; from += DIRECTORY_BATCH) {
    for (const [id, person] of await directory.find(ids.slice(from, from + DIRECTORY_BATCH), at)) found.set(id, person);
  }
  return found;
}

/** Each customer once, with the directory ids of those of the people found that are theirs. */
function controllersOf(
  people: ReadonlyMap<string, DirectoryPerson>,
): ReadonlyMap<string, { readonly controller: DirectoryPerson; readonly people: readonly string[] }> {
  const found = new Map<string, { readonly controller: DirectoryPerson; readonly people: string[] }>();
  for (const { id, controller } of people.values()) {
    if (!controller) continue;
    const known = found.get(controller.id) ?? { controller, people: [] };
    known.people.push(id);
    found.set(controller.id, known);
  }
  return found;
}

function personRow(
  subject: string,
  { locale, address, displayName }: DirectoryPerson,
  relation: string,
  more: Pick<PersonAttributes, 'secrets' | 'people' | 'admin'>,
): NewRow {
  const sealed: PersonSealed = { address, displayName };
  return { subject, attributes: { locale, relation, ...more }, sealed };
}

async function write(
  { incident, step, visit }: ActionCall,
  ledger: Ledger,
  rows: readonly NewRow[],
  controllers: readonly NewRow[],
): Promise<JsonObject> {
  const refs = await ledger.datasets.write(
    { incident, step, visit },
    { dataset: { kind: 'people', rows }, controllers: { kind: 'people', rows: controllers } },
  );
  const body: Record<string, Json> = { step, visit };
  for (const [name, { id, count, digest }] of Object.entries(refs)) body[name] = { id, count, digest };
  await ledger.journal.append(incident, [{ key: `dataset:${step}#${visit}`, kind: 'dataset', actor: 'engine', body }]);
  return refs as unknown as JsonObject;
}

function missing(unknown: number, ownerless: number): readonly string[] {
  return [
    ...(unknown > 0 ? [`${unknown} people are not known to the directory and cannot be told by mail.`] : []),
    ...(ownerless > 0 ? [`${ownerless} credentials have no known owner; nobody can be told of them.`] : []),
  ];
}
