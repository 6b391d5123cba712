import type { Command } from 'commander';
import { acting, speaking, type Runner } from './command-parts.ts';
import type { OrderOptions } from './commands/rollouts.ts';
import type { CommonOptions } from './session.ts';

const rollouts = () => import('./commands/rollouts.ts');

function ordering(command: Command): Command {
  return acting(command)
    .requiredOption('--reason <text>', 'kept in the journal')
    .option('--role <role>', 'role to speak as');
}

/** Everything about rollouts: how they stand, and how they are steered. */
export function addRolloutCommands(program: Command, run: Runner): void {
  const rollout = program.command('rollout').description('steers steps that act on many targets');
  speaking(rollout.command('list <incident>'))
    .description('shows how far, how fast, how long, and what keeps the rest')
    .addHelpText('after', '\n  $ firebreak rollout list INC-2026-0042')
    .action((incident: string, options: CommonOptions) =>
      run(options, async (session) => (await rollouts()).list(session, incident)),
    );
  for (const word of ['pause', 'resume'] as const) {
    ordering(rollout.command(`${word} <incident> <step>`))
      .description(word === 'pause' ? 'pauses before the next target' : 'goes on after a pause')
      .addHelpText('after', `\n  $ firebreak rollout ${word} INC-2026-0042 round/tell-people --reason "a look first"`)
      .action((incident: string, step: string, options: CommonOptions & OrderOptions) =>
        run(options, async (session) => (await rollouts()).pauseOrResume(session, incident, step, word, options)),
      );
  }
  ordering(rollout.command('rate <incident> <step>'))
    .description('changes how fast it goes, from now on')
    .option('--per-minute <n>', 'targets a minute, at most what the playbook allows; 0 lifts it')
    .option('--window <n>', 'pages in flight, 1 to 16')
    .addHelpText(
      'after',
      `\n  $ firebreak rollout rate INC-2026-0042 round/tell-people --per-minute 600 --reason "mail queue is full"`,
    )
    .action(
      (
        incident: string,
        step: string,
        options: CommonOptions & OrderOptions & { window?: string; perMinute?: string },
      ) => run(options, async (session) => (await rollouts()).rate(session, incident, step, options)),
    );
  ordering(rollout.command('retry <incident> <step>'))
    .description('shows what did not come through, and takes it up again once you confirm')
    .option('--states <states>', 'some of failed, refuted, unknown, bounced; left out: failed and refuted')
    .option('--digest <digest>', 'list that you saw (at least 12 characters); refused when it is another one now')
    .option('--yes', 'do not ask; needs --digest')
    .addHelpText(
      'after',
      `\n  $ firebreak rollout retry INC-2026-0042 round/tell-people --states unknown --reason "the sink has none of them"`,
    )
    .action(
      (
        incident: string,
        step: string,
        options: CommonOptions & OrderOptions & { states?: string; digest?: string; yes?: boolean },
      ) => run(options, async (session) => (await rollouts()).retry(session, incident, step, options)),
    );
}
