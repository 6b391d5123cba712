import type { Get } from './port.ts';

const WITHIN_MS = 5_000; // the sender waits, and its own patience ends at ten seconds
const BYTES_MAX = 512 * 1024;

/** Reads over HTTPS: one address, no redirect, a short answer. */
export const getOverHttp: Get = async (url, headers = {}) => {
  const answer = await fetch(url, {
    headers: { accept: 'application/json, application/x-pem-file;q=0.9, */*;q=0.5', ...headers },
    redirect: 'error',
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  if (answer.status !== 200) throw new Error(`the answer is ${answer.status}`);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    parts.push(part as Uint8Array);
    bytes += (part as Uint8Array).byteLength;
    if (bytes > BYTES_MAX) throw new Error('the answer is too long');
  }
  return Buffer.concat(parts).toString('utf8');
};
