import { text } from '../../credentials/connectors/answers.ts';
import { CodedError } from '../../../contracts/errors.ts';
import { HttpClient, readObject } from '../../effects/http-exchange.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import type { DirectoryPerson, DirectoryVendor } from '../port.ts';
import type { Json } from '../../../contracts/json.ts';

const TIMEOUT_MS = 15_000;
/** Language of people whose directory entry names none, or something that is no language tag. */
const DEFAULT_LOCALE = 'en';

/**
 * A directory that speaks JSON over HTTP.
 *
 * `POST <url>/directory/people {ids, asOf?}` answers `{people: [{id, displayName, address, locale, controller?} | {id, unknown: true}]}`.
 */
export const httpDirectory: DirectoryVendor = {
  use: 'http-directory',
  schema: {
    required: ['url', 'token'],
    properties: {
      url: { type: 'string', pattern: '^https?://' },
      token: { type: 'string', description: 'Reference to the key that may read the directory: env:NAME or file:PATH' },
    },
  },
  create: (config, secrets) => {
    const client = new HttpClient(2);
    const token = secrets(text(config['token']));
    const url = `${text(config['url']).replace(/\/$/, '')}/directory/people`;
    return {
      find: async (ids, asOf) => {
        const exchange = await client.send({
          method: 'POST',
          url,
          headers: { authorization: `Bearer ${token}` },
          body: { ids: [...ids], ...(asOf === undefined ? {} : { asOf }) },
          timeoutMs: TIMEOUT_MS,
        });
        const { people } = readObject(exchange, 'directory');
        if (!Array.isArray(people)) throw new CodedError('CONNECTOR_NONSENSE', 'directory: no list of people');
        const asked = new Set(ids);
        const found = people.map(personOf).filter((person) => person !== undefined && asked.has(person.id));
        return new Map(found.map((person) => [person?.id ?? '', person as DirectoryPerson]));
      },
      close: () => client.close(),
    };
  },
};

/** A person of the answer; `undefined` for `{id, unknown: true}` and for an entry without id or address. */
function personOf(value: Json | undefined): DirectoryPerson | undefined {
  if (!isJsonObject(value) || value['unknown'] === true) return undefined;
  const { id, displayName, address, locale } = value;
  if (typeof id !== 'string' || id === '' || typeof address !== 'string') return undefined;
  const controller = personOf(value['controller']);
  return {
    id,
    displayName: typeof displayName === 'string' ? displayName : '',
    address,
    locale: typeof locale === 'string' && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(locale) ? locale : DEFAULT_LOCALE,
    ...(controller === undefined ? {} : { controller }),
  };
}
