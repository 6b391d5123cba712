import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { goneOut } from '../activities/notices/gone-out.ts';
import { reconcile } from '../activities/reconcile/reconcile.ts';
import { takeBounce } from '../activities/notices/bounces.ts';
import { CodedError } from '../contracts/errors.ts';
import type { GatewayDeps } from '../gateway/deps.ts';
import { createServer } from '../gateway/http/server.ts';
import { incidentOf } from '../gateway/incident-view.ts';
import { exportBundle } from '../ledger/bundle/export-bundle.ts';
import type { Audience } from '../ledger/bundle/audience.ts';
import type { Ledger } from '../ledger/ports.ts';
import { readLibrary } from '../playbooks/library.ts';
import { openAnchors, startAnchor, type Anchors } from './anchors.ts';
import { createCapabilities } from './capability-set.ts';
import { checkTemporal, createClient } from './client.ts';
import { ledgerOf } from './compose.ts';
import { readDetectors } from './detectors-file.ts';
import { configuredNames } from './configured-names.ts';
import { decisionSigner } from './decision-signer.ts';
import { payloadCodec } from './data-converter.ts';
import { patiently } from './patiently.ts';
import { readPeople } from './people-file.ts';
import type { StaffMember } from './staff.ts';
import { membersOnCall } from './people-teams.ts';
import { runState } from './run-state.ts';
import { selfTest } from './self-test.ts';
import { openSlack } from './slack-door.ts';
import type { EncryptingCodec } from './codec.ts';
import type { ProcessFrame } from './process-frame.ts';

const { temporal } = proto; // the package is CommonJS

/** A gateway process beyond its frame. */
export interface GatewayProcess extends ProcessFrame {
  /** Folder that bundles are written to. */
  readonly bundles: string;
}

/** A door that is open. */
export interface RunningGateway {
  readonly url: string;
  /** Finishes the requests that are open, then closes. */
  stop(): Promise<void>;
}

/** Decodes what the Temporal UI sends: `{payloads: [...]}` with base64 data, as its codec endpoint protocol says. */
async function decode(codec: EncryptingCodec, body: unknown): Promise<unknown> {
  const { payloads = [] } = (body ?? {}) as { payloads?: unknown };
  const isObject = (payload: unknown): payload is object => typeof payload === 'object' && payload !== null;
  if (!Array.isArray(payloads) || !payloads.every(isObject))
    throw new CodedError('GATEWAY_BODY_INVALID', '`payloads` is not a list of payloads');
  let sealed: Payload[];
  try {
    sealed = payloads.map((payload) => temporal.api.common.v1.Payload.fromObject(payload) as Payload);
  } catch (cause) {
    throw new CodedError('GATEWAY_BODY_INVALID', 'a payload is none', { cause });
  }
  const opened = await codec.decode(sealed);
  return {
    payloads: opened.map((payload) =>
      temporal.api.common.v1.Payload.toObject(temporal.api.common.v1.Payload.fromObject(payload), { bytes: String }),
    ),
  };
}

/** Exports bundles; the head that vouches for each leaves the house, as far as it can: the reader has the bundle anyway. */
function bundleExporter(
  ledger: Ledger,
  anchors: Anchors,
  { bundles, secrets, config, log }: GatewayProcess,
): GatewayDeps['exportBundle'] {
  return async (id, audience) => {
    await mkdir(bundles, { recursive: true });
    const { path, records, head } = await exportBundle(ledger, incidentOf(id), {
      signingKeyPem: secrets(config.keys.signing),
      audience: audience as Audience,
      out: join(bundles, `${id}-${audience}.fbb`),
    });
    for (const ended of await Promise.allSettled(anchors.all.map((anchor) => anchor(incidentOf(id), head, 'export'))))
      if (ended.status === 'rejected')
        log.warn({ incident: id, error: String(ended.reason) }, 'the head did not leave the house');
    return { path, records, head: head.hash };
  };
}

/** A person whose account is of another workspace than ours has none that counts. */
function withAccountHere(person: StaffMember, team: string | undefined): StaffMember {
  const { slack: _slack, ...rest } = person;
  return person.slackTeam === undefined || person.slackTeam === team ? person : rest;
}

/**
 * Opens the HTTP door, once ledger and Temporal answer and the codec is proven.
 *
 * It holds no key of an incident: bundles carry commitments and hashes only.
 *
 * @throws STACK_CODEC_OPEN, STACK_TEMPORAL_AWAY, PORT_IN_USE, LEDGER_ and CONFIG_ codes.
 */
export async function runGateway(process_: GatewayProcess): Promise<RunningGateway> {
  const { config, secrets, log } = process_;
  const decisions = decisionSigner(config.keys, secrets);
  const ledger = await patiently(log, () => ledgerOf(config, secrets, []));
  const library = await readLibrary(config.playbooks);
  for (const { code, file, line, message } of library.diagnostics) log.warn({ code, file, line }, message);
  const codec = payloadCodec(secrets, config.keys.payload);
  const client = createClient(config, secrets);
  const { people: staff, teams, apiKeys } = readPeople(config.people);
  const people = staff.map((person) => withAccountHere(person, config.slack?.team));
  const bindable = [...people.map(({ id }) => id), ...teams.map(({ id }) => `team:${id}`)];
  for (const [list, ids] of Object.entries(config.oncall))
    for (const id of ids.filter((one) => !bindable.includes(one)))
      log.error({ list, id }, 'on call, and not listed among the people: nobody can be asked');
  const anchors = openAnchors(config, secrets, log);
  const set = createCapabilities({ config, secrets, queues: [], ledger, log });
  await patiently(log, () => checkTemporal(client, config));
  await selfTest(client);
  const deps: GatewayDeps = {
    ...{ ledger, client, library, people, decisions },
    keys: apiKeys,
    teams: Object.fromEntries(teams.map(({ id, members }) => [id, members])),
    oncall: membersOnCall(config.oncall, teams),
    traits: (action) => set.traits(action),
    configured: configuredNames(config),
    anchorStart: startAnchor(ledger, anchors.all, log),
    exportBundle: bundleExporter(ledger, anchors, process_),
    decode: (body) => decode(codec, body),
    takeBounce: (raw, recipient) => takeBounce(raw, { ledger, ...(recipient === undefined ? {} : { recipient }) }),
    goneOut: (incident, hold) => goneOut(ledger, incident, hold),
    reconcile: () => reconcile({ ledger, runs: runState(client), traits: (action) => set.traits(action) }),
    log: (line) => log.warn(line),
    detectors: config.detectors === undefined ? [] : readDetectors(config.detectors, secrets),
    uiOrigins: config.http.uiOrigins ?? [],
    ...(config.heartbeatTimeoutMs === undefined ? {} : { heartbeatTimeoutMs: config.heartbeatTimeoutMs }),
    today: () => new Date().toISOString().slice(0, 10),
  };
  const app = createServer(deps);
  const { host, port } = config.http;
  const url = await app.listen({ host, port }).catch((cause: unknown) => {
    throw new CodedError('PORT_IN_USE', `http.port ${port} on ${host} cannot be used`, { cause });
  });
  const slack = await openSlack(config.slack, secrets, deps);
  if (config.slack) log.info({ slack: slack?.url ?? 'socket' }, 'the Slack door is open');
  log.info({ url, ready: true }, 'the gateway listens');
  return {
    url,
    stop: async () => {
      await Promise.all([app.close(), slack?.close()]);
      anchors.close();
      await Promise.allSettled([client.connection.close(), set.close(), ledger.close()]);
    },
  };
}
