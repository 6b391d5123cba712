import type { IncomingMessage } from 'node:http';
import { textOf } from './mail-sink.ts';
import { observe, type Watched } from './observe.ts';
import { writeRecord } from './record.ts';

const BOUNCES_WITHIN_MS = 30_000; // a worker that was killed is back by then, and takes reports again
const MAILBOX_SHOWN = 200; // newest messages on the page: a look, not an archive

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

async function mailboxPage({ mail }: Watched): Promise<string> {
  const shown = mail.messages.slice(-MAILBOX_SHOWN).reverse();
  const entries = await Promise.all(
    shown.map(async (message) => {
      const { subject, text } = await textOf(message);
      return `<details><summary>${escaped(message.recipients.join(', '))}: ${escaped(subject)}</summary><pre>${escaped(text)}</pre></details>`;
    }),
  );
  return `<!doctype html><meta charset="utf-8"><title>Demo mailbox</title><h1>${mail.messages.length} messages</h1>${entries.join('\n')}`;
}

/**
 * Answers the demo's own questions about its world: what it saw, a mailbox page, its record written to a
 * folder; and takes what its people do in Slack.
 *
 * @returns `undefined` for a path that is not the control's.
 */
export async function answerControl(
  watched: Watched,
  request: IncomingMessage,
): Promise<{ readonly type: string; readonly body: string } | undefined> {
  const url = new URL(request.url ?? '/', 'http://world.invalid');
  if (url.pathname.startsWith('/slack/')) {
    const answer = await watched.workplace.answer(request, url);
    return answer && { type: 'application/json', body: JSON.stringify(answer) };
  }
  switch (url.pathname) {
    case '/observed':
      await watched.bouncer.settled(BOUNCES_WITHIN_MS);
      return { type: 'application/json', body: JSON.stringify(await observe(watched)) };
    case '/mailcount':
      return { type: 'application/json', body: JSON.stringify({ messages: watched.mail.messages.length }) };
    case '/record': {
      const folder = url.searchParams.get('folder');
      if (folder === null) return undefined;
      await writeRecord(watched, folder);
      return { type: 'application/json', body: JSON.stringify({ folder }) };
    }
    case '/mailbox':
      return { type: 'text/html; charset=utf-8', body: await mailboxPage(watched) };
    default:
      return undefined;
  }
}
