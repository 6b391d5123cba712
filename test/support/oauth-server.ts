import Provider from 'oidc-provider';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A real OAuth 2.0 server on loopback: third-party code (`oidc-provider`), no answer of ours in it. */
export interface OauthServer {
  readonly url: string;
  /** Gets an access token for the client that issues; its own client may revoke it. */
  issueToken(): Promise<string>;
  /** Whether introspection, asked with the issuing client, says active. */
  isActive(token: string): Promise<boolean>;
  close(): Promise<void>;
}

/** The client that owns the tokens and may revoke them. */
export const oauthClient = { id: 'issuing-client', secret: 'issuing-secret-of-the-test' };

/** Starts the server with revocation, introspection and client credentials. */
export async function startOauthServer(): Promise<OauthServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(url, {
    clients: [
      {
        client_id: oauthClient.id,
        client_secret: oauthClient.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      devInteractions: { enabled: false },
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  const authorization = `Basic ${Buffer.from(`${oauthClient.id}:${oauthClient.secret}`).toString('base64')}`;
  const post = async (path: string, form: Record<string, string>): Promise<Record<string, unknown>> => {
    const said = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(form),
    });
    return (await said.json()) as Record<string, unknown>;
  };
  return {
    url,
    issueToken: async () => String((await post('/token', { grant_type: 'client_credentials' }))['access_token']),
    isActive: async (token) => (await post('/token/introspection', { token }))['active'] === true,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
