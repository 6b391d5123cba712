import { text, texts } from '../../credentials/connectors/answers.ts';
import { CodedError } from '../../../contracts/errors.ts';
import { HttpClient, readObject } from '../../effects/http-exchange.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { SecretReader } from '../../port.ts';
import type { StoreAdmins } from '../port.ts';

const TIMEOUT_MS = 15_000;

/** `GET <url>/store/admins?store=` answers `{admins: [directory id]}`, by a token of its own. */
export function httpStoreAdmins(config: JsonObject, secrets: SecretReader): StoreAdmins {
  const client = new HttpClient(2);
  const token = secrets(text(config['token']));
  const url = `${text(config['url']).replace(/\/$/, '')}/store/admins`;
  return {
    of: async (store) => {
      const exchange = await client.send({
        method: 'GET',
        url: `${url}?${new URLSearchParams({ store }).toString()}`,
        headers: { authorization: `Bearer ${token}` },
        timeoutMs: TIMEOUT_MS,
      });
      const { admins } = readObject(exchange, `admins of store ${store}`);
      if (!Array.isArray(admins)) throw new CodedError('CONNECTOR_NONSENSE', `admins of store ${store}: no list`);
      return texts(admins).filter((id) => id !== '');
    },
    close: () => client.close(),
  };
}
