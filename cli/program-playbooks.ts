import type { Command } from 'commander';
import type { StartOptions } from './commands/incidents.ts';
import { acting, describingStart, speaking, type Runner } from './command-parts.ts';
import type { CommonOptions } from './session.ts';

const playbooks = () => import('./commands/playbooks.ts');

/** `playbook ...` and `runbook`. */
export function addPlaybookCommands(program: Command, run: Runner): void {
  const playbook = program.command('playbook').description('write, check and read playbooks');
  playbook
    .command('lint <files...>')
    .description('lists everything that is wrong, with file, line and what to do; needs no gateway')
    .option('--json', 'print diagnostics as JSON')
    .addHelpText('after', '\n  $ firebreak playbook lint playbooks/library/*.yaml')
    .action((files: readonly string[], options: CommonOptions) =>
      run(options, async (session) => (await playbooks()).lint(session, files)),
    );
  playbook
    .command('explain <playbook>')
    .description('prints the plan as a tree: who is asked what and when; a name or a file; needs no gateway')
    .addHelpText('after', '\n  $ firebreak playbook explain exposed-secrets')
    .option('--json', 'print the plan as JSON')
    .action((name: string, options: CommonOptions) =>
      run(options, async (session) => (await playbooks()).explain(session, name)),
    );
  acting(describingStart(playbook.command('preview <playbook>')))
    .description('runs the reading steps only and prints what would be done: counts, texts, gates, clocks')
    .addHelpText('after', '\n  $ firebreak playbook preview exposed-secrets --input store=ci-secrets')
    .option('--within <seconds>', 'how long to wait for the reading steps', '60')
    .action((name: string, options: Omit<StartOptions, 'mode'> & CommonOptions & { within: string }) =>
      run(options, async (session) => (await import('./commands/preview.ts')).preview(session, name, options)),
    );
  playbook
    .command('new <name>')
    .description('prints a playbook to begin with')
    .addHelpText('after', '\n  $ firebreak playbook new stolen-laptop > playbooks/library/stolen-laptop.yaml')
    .action((name: string) =>
      run({}, async (session) => session.terminal.write((await import('../playbooks/new.ts')).newPlaybook(name))),
    );
  speaking(playbook.command('list'))
    .description('lists what the gateway could start')
    .addHelpText('after', '\n  $ firebreak playbook list')
    .action((options: CommonOptions) => run(options, async (session) => (await playbooks()).listPlaybooks(session)));
  speaking(program.command('runbook <what>'))
    .description('prints a plan as a checklist for people, for the day on which the engine is dead')
    .option('--database <url>', 'read the incident from its ledger: postgres://..., env:NAME or file:PATH')
    .addHelpText(
      'after',
      `
WHAT is what can still be had: an incident (the engine may be dead, the gateway not; with --database both may be), a bundle
(*.fbb, *.jsonl), a plan saved by \`playbook explain --json\` (*.json), a playbook file, or a playbook of the library. What
was put on record by \`firebreak record\` stands at its step.

  $ firebreak runbook INC-2026-0042 > runbook.md
  $ firebreak runbook INC-2026-0042 --database env:FIREBREAK_DATABASE_URL
  $ firebreak runbook INC-2026-0042.bundle.jsonl
  $ firebreak runbook exposed-secrets`,
    )
    .action((what: string, options: CommonOptions & { database?: string }) =>
      run(options, async (session) => (await import('./commands/runbook.ts')).runbook(session, what, options)),
    );
}
