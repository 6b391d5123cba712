import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { heldSecrets, observe, type Watched } from './observe.ts';

/**
 * Writes the world's own record to a folder, so that anyone can judge a run from outside and afterwards.
 *
 * `mail/000001.eml` and so on are the messages as taken; `observed.json` what the world saw; `holders.json` maps each
 * affected address to the secrets that person really held (name and last four characters, own or not, dead or not).
 *
 * @param folder - is emptied first.
 */
export async function writeRecord(watched: Watched, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'mail'), { recursive: true });
  const { mail } = watched;
  await Promise.all(
    mail.messages.map((message, index) =>
      writeFile(join(folder, 'mail', `${String(index + 1).padStart(6, '0')}.eml`), message.raw),
    ),
  );
  await writeFile(join(folder, 'observed.json'), JSON.stringify(await observe(watched), null, 2));
  await writeFile(join(folder, 'holders.json'), JSON.stringify(Object.fromEntries(heldSecrets(watched))));
}
