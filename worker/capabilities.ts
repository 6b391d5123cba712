import { chat } from '../activities/chat/capability.ts';
import { credentials } from '../activities/credentials/capability.ts';
import { evidence } from '../activities/evidence/capability.ts';
import { filings } from '../activities/filings/capability.ts';
import { http } from '../activities/http/capability.ts';
import { notices } from '../activities/notices/capability.ts';
import { people } from '../activities/people/capability.ts';
import { tasks } from '../activities/tasks/capability.ts';
import { tickets } from '../activities/tickets/capability.ts';
import type { Capability } from '../activities/port.ts';

/** Every capability of the product: what a configuration may name under `connectors`. */
export const capabilities: readonly Capability[] = [
  credentials,
  people,
  notices,
  tickets,
  chat,
  evidence,
  http,
  filings,
  tasks,
];
