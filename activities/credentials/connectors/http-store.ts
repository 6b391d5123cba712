import { CodedError } from '../../../contracts/errors.ts';
import { HttpClient, readObject } from '../../effects/http-exchange.ts';
import { hintOf } from '../port.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import { text } from './answers.ts';
import type { CredentialVendor, FoundCredential } from '../port.ts';

const PAGE = 500; // secrets a request
const TIMEOUT_MS = 15_000;

/**
 * The export of a secrets store: every secret with its raw value, issuer and owner.
 *
 * `GET <path>?<where>&cursor=&limit=` answers `{secrets: [{name, value, issuer, owner}], next}`.
 */
export const httpStore: CredentialVendor = {
  use: 'http-store',
  sourceSchema: {
    required: ['url', 'token'],
    properties: {
      url: { type: 'string', pattern: '^https?://' },
      token: { type: 'string', description: 'Reference to the key that may export: env:NAME or file:PATH' },
      path: { type: 'string', pattern: '^/', maxLength: 200 },
    },
  },
  createSource: (config, secrets, name) => {
    const client = new HttpClient(1);
    const token = secrets(text(config['token']));
    const address = `${text(config['url']).replace(/\/$/, '')}${text(config['path']) || '/store/export'}`;
    return {
      list: async function* (where): AsyncIterable<FoundCredential> {
        let cursor = '';
        do {
          const query = new URLSearchParams({ ...where, limit: String(PAGE), ...(cursor === '' ? {} : { cursor }) });
          const exchange = await client.send({
            method: 'GET',
            url: `${address}?${query.toString()}`,
            headers: { authorization: `Bearer ${token}` },
            timeoutMs: TIMEOUT_MS,
          });
          const page = readObject(exchange, `export of ${name}`);
          const { secrets: found } = page;
          if (!Array.isArray(found))
            throw new CodedError('CONNECTOR_NONSENSE', `export of ${name}: no list of secrets`);
          for (const secret of found) {
            if (isJsonObject(secret)) yield foundIn(where['store'] ?? name, secret);
          }
          cursor = text(page['next']);
        } while (cursor !== '');
      },
      close: () => client.close(),
    };
  },
};

function foundIn(store: string, secret: Readonly<Record<string, unknown>>): FoundCredential {
  const value = text(secret['value']);
  return {
    issuer: text(secret['issuer']) || 'unknown',
    kind: 'unknown', // until its issuer says more
    name: text(secret['name']),
    hint: hintOf(value),
    issuerId: '',
    scopes: [],
    misused: false,
    ownerId: text(secret['owner']),
    store,
    value,
  };
}
