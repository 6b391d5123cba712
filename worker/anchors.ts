import { appendFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { mailAnchor } from './mail-anchor.ts';
import type { Anchor } from '../activities/engine/activities.ts';
import type { Config } from './config.ts';
import type { SecretReader } from '../activities/port.ts';

/** Where heads of journals go. */
export interface Anchors {
  readonly all: readonly Anchor[];
  close(): void;
}

function fileAnchor(path: string): Anchor {
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
