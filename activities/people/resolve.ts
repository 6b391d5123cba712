import { CodedError } from '../../contracts/errors.ts';
import { DIRECTORY_BATCH } from './port.ts';
import { factsOf } from '../incident-record.ts';
import { isJsonObject } from '../../contracts/json.ts';
import type { ActionCall, ActionResult } from '../../contracts/effects.ts';
import type {
  CredentialAttributes,
  DatasetRef,
  DatasetRow,
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

/**
 * `people.resolve`: finds the people behind credentials and writes them, with their addresses sealed, as datasets.
 *
 * @idempotency datasets are written under (step, visit); a repeat returns the same ones.
 * @throws PEOPLE_OWNERS_INVALID, CONNECTOR_ codes, LEDGER_ codes.
 */
export async function resolvePeople(call: ActionCall, options: ResolveOptions): Promise<ActionResult> {
  const { ledger } = options;
  const owners = ownersOf(call);
  const admins = await adminsOf(call, options, owners);
  const search = new PeopleSearch(call, options, owners, admins.ids);
  const refs = await write(call, ledger, search);
  await search.finish();
  const openItems = [...admins.openItems, ...missing(search.unknown, owners.count - search.owned)];
  return {
    outputs: { ...refs, count: refs['dataset']!.count } as unknown as JsonObject,
    facts: { affectedPeople: await ledger.datasets.distinct(call.incident, 'people') }, // with those of earlier rounds
    ...(openItems.length > 0 ? { openItems } : {}),
  };
}

function ownersOf({ step, with: { owners } }: ActionCall): DatasetRef {
  if (!isJsonObject(owners) || owners['kind'] !== 'credentials' || typeof owners['id'] !== 'string')
    throw new CodedError('PEOPLE_OWNERS_INVALID', `${step}: \`owners\` is not a dataset of credentials`);
  return owners as unknown as DatasetRef;
}

async function adminsOf(
  { incident, with: { also } }: ActionCall,
  { admins, ledger }: ResolveOptions,
  owners: DatasetRef,
): Promise<{ readonly ids: readonly string[]; readonly openItems: readonly string[] }> {
  if (!Array.isArray(also) || !also.includes('store-admins')) return { ids: [], openItems: [] };
  if (!admins) {
    return { ids: [], openItems: ['Store admins were not looked up: connectors.people.admins is not configured.'] };
  }
  const stores = Object.keys(await ledger.datasets.countBy(incident, owners, 'store')).filter((store) => store !== '');
  const found = await Promise.all(stores.sort().map((store) => admins.of(store)));
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
  search: PeopleSearch,
): Promise<Readonly<Record<string, DatasetRef>>> {
  const refs = await ledger.datasets.write(
    { incident, step, visit },
    {
      dataset: { kind: 'people', rows: search.people },
      controllers: { kind: 'people', rows: search.controllers() }, // taken after the people, who lead to them
    },
  );
  const body: Record<string, Json> = { step, visit };
  for (const [name, { id, count, digest }] of Object.entries(refs)) body[name] = { id, count, digest };
  await ledger.journal.append(incident, [{ key: `dataset:${step}#${visit}`, kind: 'dataset', actor: 'engine', body }]);
  return refs;
}

function missing(unknown: number, ownerless: number): readonly string[] {
  return [
    ...(unknown > 0 ? [`${unknown} people are not known to the directory and cannot be told by mail.`] : []),
    ...(ownerless > 0 ? [`${ownerless} credentials have no known owner; nobody can be told of them.`] : []),
  ];
}

/** A customer whose people are affected, with their secrets. */
interface Customer {
  readonly controller: DirectoryPerson;
  readonly secrets: PersonSecret[];
  people: number;
}

/** The way from credentials to people: owners come 500 at a time, and only their customers are kept until the end. */
class PeopleSearch {
  /** Rows of people, as they are found. */
  readonly people: AsyncGenerator<NewRow>;
  /** People that the directory does not know. */
  unknown = 0;
  /** Credentials whose owner is known. */
  owned = 0;
  readonly #call: ActionCall;
  readonly #options: ResolveOptions;
  readonly #owners: DatasetRef;
  /** Admins of stores that were not met as owners. */
  readonly #others: Set<string>;
  readonly #admins: ReadonlySet<string>;
  readonly #customers = new Map<string, Customer>();

  constructor(call: ActionCall, options: ResolveOptions, owners: DatasetRef, admins: readonly string[]) {
    this.#call = call;
    this.#options = options;
    this.#owners = owners;
    this.#admins = new Set(admins);
    this.#others = new Set(admins);
    this.people = this.#search();
  }

  /** Goes on to the end, where an earlier attempt has written the rows: who is missing is counted all the same. */
  async finish(): Promise<void> {
    while ((await this.people.next()).done !== true);
  }

  /** Rows of the customers that the people found so far led to. */
  async *controllers(): AsyncGenerator<NewRow> {
    for (const { controller, secrets, people } of this.#customers.values())
      yield personRow(await this.#subjectOf(controller.id), controller, 'controller', { secrets, people });
  }

  async *#search(): AsyncGenerator<NewRow> {
    const { ledger } = this.#options;
    const { incident } = this.#call;
    const at = await asOf(this.#call, ledger);
    let batch = new Map<string, readonly PersonSecret[]>();
    for await (const { value: owner, rows } of ledger.datasets.groups(incident, this.#owners, 'owner')) {
      this.owned += rows.length;
      batch.set(owner, rows.map(secretOf));
      if (batch.size < DIRECTORY_BATCH) continue;
      yield* await this.#ownersIn(batch, at);
      batch = new Map();
    }
    yield* await this.#ownersIn(batch, at);
    const others = [...this.#others].sort();
    for (let from = 0; from < others.length; from += DIRECTORY_BATCH) {
      const some = others.slice(from, from + DIRECTORY_BATCH);
      yield* await this.#rowsOf(new Map(some.map((id) => [id, undefined])), at);
    }
  }

  /** @param batch - secrets by pseudonym, which stands for itself where the register does not name the person. */
  async #ownersIn(
    batch: ReadonlyMap<string, readonly PersonSecret[]>,
    at: string | undefined,
  ): Promise<readonly NewRow[]> {
    const ids = await this.#options.ledger.people.idsOf(this.#call.incident, [...batch.keys()]);
    return this.#rowsOf(new Map([...batch].map(([owner, secrets]) => [ids.get(owner) ?? owner, secrets])), at);
  }

  async #rowsOf(
    asked: ReadonlyMap<string, readonly PersonSecret[] | undefined>,
    at: string | undefined,
  ): Promise<readonly NewRow[]> {
    if (asked.size === 0) return [];
    const found = await this.#options.directory.find([...asked.keys()].sort(), at);
    this.unknown += asked.size - found.size;
    const rows: NewRow[] = [];
    for (const [id, secrets] of asked) {
      this.#others.delete(id);
      const person = found.get(id);
      if (!person) continue;
      this.#meetCustomer(person, secrets ?? []);
      const admin = this.#admins.has(id) ? { admin: true } : {};
      const relation = secrets ? 'owner' : 'store-admin';
      rows.push(personRow(await this.#subjectOf(id), person, relation, { secrets: secrets ?? [], ...admin }));
    }
    return rows;
  }

  #meetCustomer({ controller }: DirectoryPerson, secrets: readonly PersonSecret[]): void {
    if (!controller) return;
    const customer = this.#customers.get(controller.id) ?? { controller, secrets: [], people: 0 };
    for (const secret of secrets) customer.secrets.push(secret);
    customer.people += 1;
    this.#customers.set(controller.id, customer);
  }

  #subjectOf(id: string): Promise<string> {
    return this.#options.ledger.incidents.personSubject(this.#call.incident, id);
  }
}

function secretOf({ subject, attributes }: DatasetRow): PersonSecret {
  const { name, hint, issuer, kind } = attributes as CredentialAttributes;
  return { subject, name, hint, issuer, kind };
}
