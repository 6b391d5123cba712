import type { Command } from 'commander';
import type { HoldBody } from '../contracts/returns.ts';
import { acting, speaking, type Runner } from './command-parts.ts';
import type { CommonOptions } from './session.ts';

const returns = () => import('./commands/returns.ts');

/** Who must not be told, and what ended runs left. */
export function addReturnCommands(program: Command, run: Runner): void {
  const hold = program.command('hold').description('people who must not be told, and until when');
  acting(hold.command('add <incident>'))
    .description('keeps people from being told; lists what had gone out to them')
    .requiredOption('--basis <text>', 'legal basis, kept in the journal')
    .option('--audience <whom>', 'everyone, people, controllers, locale:TAG or person:SUBJECT', 'everyone')
    .option('--until <instant>', 'it runs out then; left out, it stands until it is lifted')
    .addHelpText(
      'after',
      `
A hold takes effect before the next notice and stops nothing else: revocation goes on.

  $ firebreak hold add INC-2026-0042 --basis 'request of the state prosecutor, 12 Js 34/26' --until 2026-05-08T10:00:00Z`,
    )
    .action((incident: string, options: CommonOptions & HoldBody) =>
      run(options, async (session) => (await returns()).addHold(session, incident, options)),
    );
  speaking(hold.command('list <incident>'))
    .description('shows the holds of an incident, and what had gone out to whom they cover')
    .addHelpText('after', '\n  $ firebreak hold list INC-2026-0042')
    .action((incident: string, options: CommonOptions) =>
      run(options, async (session) => (await returns()).listHolds(session, incident)),
    );
  acting(hold.command('lift <incident> <hold>'))
    .description('lets the people be told again')
    .addHelpText('after', '\n  $ firebreak hold lift INC-2026-0042 HOLD --reason "the prosecutor withdrew the request"')
    .requiredOption('--reason <text>', 'kept in the journal')
    .action((incident: string, id: string, options: CommonOptions & { reason: string }) =>
      run(options, async (session) => (await returns()).liftHold(session, incident, id, options)),
    );
  acting(program.command('reconcile'))
    .description('settles as unknown what ended runs left claimed; workers do it every few minutes')
    .addHelpText('after', '\n  $ firebreak reconcile')
    .action((options: CommonOptions) => run(options, async (session) => (await returns()).reconcile(session)));
}
