import type { Session } from '../session.ts';
import { makeSigningKey, publicSigningKey, signingKeyPath } from '../signing-key.ts';

/** Options of `keys`. */
export interface KeyOptions {
  readonly file?: string;
}

function show(session: Session, file: string, key: string, lines: readonly string[]): void {
  session.show({ file, key }, () => [...lines, `key: ${key}`]);
}

/** `firebreak keys new`: makes the key that signs a person's decisions. */
export function newKey(session: Session, { file }: KeyOptions): void {
  const path = signingKeyPath(session.terminal, file);
  const key = makeSigningKey(path);
  show(session, path, key, [
    `Written to ${path}; it does not leave this machine.`,
    'Have this line entered at you in the file of people, by a way that shows that it is from you:',
  ]);
}

/** `firebreak keys show`: prints the public part of a key. */
export function showKey(session: Session, { file }: KeyOptions): void {
  const path = signingKeyPath(session.terminal, file);
  show(session, path, publicSigningKey(path), []);
}
