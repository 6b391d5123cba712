import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { mailAnchor } from './mail-anchor.ts';
import type { Anchor } from '../activities/engine/activities.ts';
import type { Config } from './config.ts';
import type { GatewayDeps } from '../gateway/deps.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { Ledger } from '../ledger/ports.ts';
import type { SecretReader } from '../activities/port.ts';

const START_WITHIN_MS = 1_000; // whoever starts an incident waits for it

/** Where heads of journals go. */
export interface Anchors {
  readonly all: readonly Anchor[];
  close(): void;
}

/** Appends heads to a file, one JSON object a line. */
export function fileAnchor(path: string): Anchor {
  return (incident, head, reason) =>
    appendFile(path, `${JSON.stringify({ incident, ...head, reason, at: new Date().toISOString() })}\n`);
}

/**
 * Anchors that a configuration names: an append-only file, which may lie on another machine, and a mailbox.
 *
 * @throws CONFIG_SECRET_MISSING
 */
export function openAnchors(
  { anchors = {} }: Pick<Config, 'anchors'>,
  secrets: SecretReader,
  log: Pick<Logger, 'warn'>,
): Anchors {
  const mailbox = anchors.mail && mailAnchor(anchors.mail, secrets, log);
  return {
    all: [...(anchors.file === undefined ? [] : [fileAnchor(anchors.file)]), ...(mailbox ? [mailbox.anchor] : [])],
    close: () => mailbox?.close(),
  };
}

/**
 * Sends the head of a new journal to every anchor. Where one of them fails or takes longer, the workflow does it again: an
 * incident starts all the same.
 */
export function startAnchor(
  { journal }: Pick<Ledger, 'journal'>,
  anchors: readonly Anchor[],
  log: Pick<Logger, 'warn'>,
): GatewayDeps['anchorStart'] {
  const send = async (incident: IncidentId): Promise<boolean> => {
    const head = await journal.head(incident);
    if (!head) return false;
    await Promise.all(anchors.map((anchor) => anchor(incident, head, 'start')));
    return true;
  };
  return async (incident) => {
    const sent = send(incident).catch((error: unknown) => {
      log.warn({ incident, error: String(error) }, 'the head did not leave the house; the workflow sends it again');
      return false;
    });
    return Promise.race([sent, sleep(START_WITHIN_MS, false, { ref: false })]);
  };
}
