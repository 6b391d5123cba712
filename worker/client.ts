import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { CodedError } from '../contracts/errors.ts';
import { encryptingConverter, payloadCodec } from './data-converter.ts';
import type { Config } from './config.ts';
import type { SecretReader } from '../activities/port.ts';

/** A Temporal client that encrypts what it sends. It connects when first used: a door opens with the engine away. */
export function createClient({ temporal, keys }: Config, secrets: SecretReader): Client {
  const connection = Connection.lazy({ address: temporal.address, connectTimeout: '5s' });
  return new Client({
    connection,
    namespace: temporal.namespace,
    dataConverter: encryptingConverter(payloadCodec(secrets, keys.payload)),
  });
}

/** Makes sure that the server answers and has the namespace. @throws STACK_TEMPORAL_AWAY */
export async function checkTemporal(client: Client, { temporal: { address, namespace } }: Config): Promise<void> {
  try {
    await client.withDeadline(Date.now() + 5_000, () => client.workflowService.describeNamespace({ namespace }));
  } catch (error) {
    const why = isGrpcServiceError(error) ? error.details : error instanceof Error ? error.message : String(error);
    throw new CodedError('STACK_TEMPORAL_AWAY', `namespace ${namespace} at ${address}: ${why}`, { cause: error });
  }
}
