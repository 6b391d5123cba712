import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackHome } from './home.ts';

/**
 * Tells the command line where a stack is, and as whom it speaks unless `--as` says otherwise; the newest stack counts.
 *
 * @param root - the checkout.
 * @param as - person id.
 */
export function tellCli(root: string, { folder }: Pick<StackHome, 'folder'>, url: string, as: string): void {
  const found = { url, keys: join(folder, 'keys', 'api'), as };
  writeFileSync(join(root, '.firebreak', 'cli.json'), JSON.stringify(found), { mode: 0o600 });
}
