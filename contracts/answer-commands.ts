import type { AskStatus } from './messages.ts';

/** Command line by which a person looks at a gate and answers it. */
export function gateCommand(incident: string, gate: string): string {
  return `firebreak approve ${incident} --gate ${gate}`;
}

/**
 * Command line by which a person answers what is asked; `...` stands for what only that person knows.
 *
 * @param uses - action of the step that asks.
 */
export function askCommand(
  incident: string,
  { step, wants, evidence }: Pick<AskStatus, 'step' | 'wants' | 'evidence'>,
  uses: string,
): string {
  if (uses === 'wait.for') return wants.map((key) => `firebreak fact ${incident} ${key} ... --decided`).join(' && ');
  const values =
    uses === 'filings.record'
      ? ['state=filed', 'reference=...', 'at=...']
      : [...wants.map((key) => `${key}=...`), ...(evidence === 'required' ? ['evidence=...'] : [])];
  return [`firebreak resolve ${incident} ${step}`, ...values.map((value) => `--set ${value}`)].join(' ');
}
