import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { heldSecrets, observe, type Watched } from './observe.ts';

const lines = (entries: readonly object[]): string => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

/** Writes what `npm run check:run -- --record` judges a run by: `issuer.jsonl`, `mail.jsonl`, `tickets.json`, `chat.json`. */
async function writeForChecker({ issuer, mail, emulators }: Watched, folder: string): Promise<void> {
  const [tickets, rooms] = await Promise.all([emulators.github.tickets(), emulators.rooms()]);
  const messages = mail.messages.map(({ at, id, recipients }) => ({ at: new Date(at).toISOString(), id, recipients }));
  await writeFile(join(folder, 'issuer.jsonl'), lines(issuer.records()));
  await writeFile(join(folder, 'mail.jsonl'), lines(messages));
  await writeFile(join(folder, 'tickets.json'), JSON.stringify(tickets));
  await writeFile(join(folder, 'chat.json'), JSON.stringify(rooms));
}

/**
 * Writes what went over Slack: `slack.jsonl`, every call of the Web API with its answer (posts, cards, views, who was let
 * in), and `slack-acts.jsonl`, what people did there and how the door acknowledged it.
 */
async function writeSlack({ emulators: { slack }, workplace }: Watched, folder: string): Promise<void> {
  await writeFile(join(folder, 'slack.jsonl'), lines(slack.calls));
  await writeFile(join(folder, 'slack-acts.jsonl'), lines(workplace.acts));
}

/**
 * Writes the world's own record to a folder, so that anyone can judge a run from outside and afterwards.
 *
 * `mail/000001.eml` and so on are the messages as taken; `observed.json` what the world saw; `holders.json` maps each
 * affected address to the secrets that person really held (name and last four characters, own or not, dead or not). Beside
 * them what the checker reads, see {@link writeForChecker}, and what went over Slack, see {@link writeSlack}.
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
  await writeForChecker(watched, folder);
  await writeSlack(watched, folder);
  await writeFile(join(folder, 'observed.json'), JSON.stringify(await observe(watched), null, 2));
  await writeFile(join(folder, 'holders.json'), JSON.stringify(Object.fromEntries(heldSecrets(watched))));
}
