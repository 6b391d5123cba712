import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { CredentialVendor } from '../activities/credentials/port.ts';
import type { TicketVendor } from '../activities/tickets/port.ts';
import { CodedError } from '../contracts/errors.ts';
import { isJsonObject } from '../contracts/json.ts';

/** Connectors that the configuration takes from packages, by what they connect to. */
export interface ConnectorPackages {
  readonly credentials: readonly CredentialVendor[];
  readonly tickets: readonly TicketVendor[];
}

/** `@scope/name`, or a file beside the configuration: everything else is a connector of our own. */
const FROM_OUTSIDE = /^(?:@[\w.-]+\/[\w.-]+|\.\.?\/.+)$/;

/** Everything below a member that says `use: <from outside>`. */
function usesIn(value: unknown): readonly string[] {
  if (!isJsonObject(value)) return [];
  const { use, ...rest } = value as Record<string, unknown>;
  const own = typeof use === 'string' && FROM_OUTSIDE.test(use) ? [use] : [];
  return [...own, ...Object.values(rest).flatMap(usesIn)];
}

function unusable(use: string, why: string, cause?: unknown): CodedError {
  return new CodedError('CONNECTOR_PACKAGE_UNUSABLE', `${use}: ${why}`, { cause });
}

async function load<Vendor extends { readonly use: string }>(
  use: string,
  configPath: string,
  makers: readonly string[],
): Promise<Vendor> {
  let loaded: unknown;
  try {
    const path = createRequire(configPath).resolve(use);
    loaded = ((await import(pathToFileURL(path).href)) as { readonly default?: unknown }).default;
  } catch (cause) {
    throw unusable(use, cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), cause);
  }
  if (typeof loaded !== 'object' || loaded === null) throw unusable(use, 'its default export is no vendor');
  const vendor = loaded as Record<string, unknown>;
  if (!makers.some((maker) => typeof vendor[maker] === 'function'))
    throw unusable(use, `its default export has none of ${makers.join(', ')}`);
  return { ...vendor, use } as unknown as Vendor;
}

function loadAll<Vendor extends { readonly use: string }>(
  part: unknown,
  configPath: string,
  makers: readonly string[],
): Promise<readonly Vendor[]> {
  return Promise.all([...new Set(usesIn(part))].map((use) => load<Vendor>(use, configPath, makers)));
}

/**
 * Loads the connectors that a configuration takes from packages (`use: '@acme/firebreak-hub'`) or from files beside it
 * (`use: ./connectors/hub.js`). The default export is a `CredentialVendor` or a `TicketVendor` of `firebreak/connector`; its
 * `use` is what the configuration calls it by.
 *
 * @param file - the configuration as it was read, not checked yet: the schema needs what is loaded here.
 * @param configPath - absolute; packages are resolved from its folder.
 * @throws CONNECTOR_PACKAGE_UNUSABLE
 */
export async function loadConnectorPackages(file: unknown, configPath: string): Promise<ConnectorPackages> {
  const { connectors } = (isJsonObject(file) ? file : {}) as { readonly connectors?: unknown };
  const { credentials, tickets } = (isJsonObject(connectors) ? connectors : {}) as Record<string, unknown>;
  const [forCredentials, forTickets] = await Promise.all([
    loadAll<CredentialVendor>(credentials, configPath, ['createIssuer', 'createSource']),
    loadAll<TicketVendor>(tickets, configPath, ['create']),
  ]);
  return { credentials: forCredentials, tickets: forTickets };
}
