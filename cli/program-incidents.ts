import type { Command } from 'commander';
import { CodedError } from '../contracts/errors.ts';
import type { DecideOptions } from './commands/decide.ts';
import type { StartOptions } from './commands/incidents.ts';
import type { AmendOptions } from './commands/messages.ts';
import type { WatchOptions } from './commands/watch.ts';
import { acting, collect, describingStart, speaking, type Runner } from './command-parts.ts';
import type { CommonOptions } from './session.ts';

const messages = () => import('./commands/messages.ts');
const records = () => import('./commands/records.ts');

/** Starting, listing, looking. */
function addLooking(program: Command, run: Runner): void {
  acting(describingStart(program.command('start <playbook>')))
    .description('starts an incident')
    .option('--mode <mode>', 'live, drill or preview', 'live')
    .option('--watch', 'then show the status whenever it changes')
    .addHelpText(
      'after',
      `
Credentials are never arguments: those are seen by everyone on the machine.

  $ firebreak start exposed-secrets --input store=ci-secrets --role commander=casey,noor
  $ firebreak start leaked-token --credentials - < token.txt`,
    )
    .action((playbook: string, options: StartOptions & CommonOptions) =>
      run(options, async (session) => (await import('./commands/incidents.ts')).start(session, playbook, options)),
    );
  speaking(program.command('list'))
    .description('lists incidents, newest first')
    .option('--limit <n>', 'how many', '50')
    .option('--before <incident>', 'older than this one')
    .addHelpText('after', '\n  $ firebreak list --limit 10\n  $ firebreak list --json | jq -r ".incidents[].incident"')
    .action((options: CommonOptions & { limit: string; before?: string }) =>
      run(options, async (session) => (await import('./commands/incidents.ts')).list(session, options)),
    );
  speaking(program.command('status <incident>'))
    .description('shows what runs, what waits for whom, which clock ends when')
    .addHelpText('after', '\n  $ firebreak status INC-2026-0042')
    .option('--watch', 'show it whenever it changes, until the incident is closed')
    .action((incident: string, options: CommonOptions & { watch?: boolean }) =>
      run(options, async (session) => (await import('./commands/status.ts')).status(session, incident, options)),
    );
  speaking(program.command('watch <incident>'))
    .description('follows an incident until it is closed, through restarts of the gateway')
    .option('--until <what>', 'closed, or gate: until a gate waits for people', 'closed')
    .option('--after <seq>', 'begin after this record of the journal; left out, with what comes from now on')
    .addHelpText(
      'after',
      `
On a terminal it keeps one screen up to date; into a pipe it prints a line a record, with --json the record as one line of
JSON. Ends with 0 once what was waited for is there, with 1 where the incident ended without it.

  $ firebreak watch INC-2026-0042
  $ firebreak watch INC-2026-0042 --until gate && firebreak approve INC-2026-0042`,
    )
    .action((incident: string, options: CommonOptions & WatchOptions) =>
      run(options, async (session) => (await import('./commands/watch.ts')).watch(session, incident, options)),
    );
  speaking(program.command('timeline <incident>'))
    .description('prints the journal, oldest first')
    .addHelpText('after', '\n  $ firebreak timeline INC-2026-0042 --after 120')
    .option('--after <seq>', 'only records after this one', '0')
    .action((incident: string, options: CommonOptions & { after: string }) =>
      run(options, async (session) => (await records()).timeline(session, incident, options)),
    );
}

const EXAMPLES = { approve: '', reject: ' --comment "the list is wrong"', decide: ' --answer approve' } as const;

/** Adds the options of a decision. */
function deciding(command: Command, word: keyof typeof EXAMPLES): Command {
  return acting(command)
    .option('--gate <gate>', 'which gate; left out, the one that is open')
    .option('--role <role>', 'role to speak as')
    .option('--comment <text>', 'kept with the decision')
    .option('--digest <digest>', 'what you saw (at least 12 characters); refused when the gate shows something else')
    .option('--yes', 'do not ask; needs --digest')
    .option('--break-glass', 'an admin alone; announced to everyone, demands a review')
    .option('--sign <file>', 'your key; used by itself where the gate asks for a signature')
    .addHelpText(
      'after',
      `\n  $ firebreak ${word} INC-2026-0042 --gate round/contain#1${EXAMPLES[word]}\n\nA gate is named by its id, or shorter where that is clear: round/contain#1:approval, round/contain#1, round/contain.`,
    );
}

/** @throws CLI_USAGE */
function answerOf(text: string): 'approve' | 'reject' {
  if (text === 'approve' || text === 'reject') return text;
  throw new CodedError('CLI_USAGE', '--answer is approve or reject');
}

/** What people decide. */
function addDeciding(program: Command, run: Runner): void {
  speaking(program.command('gate <incident> [gate]'))
    .description('shows what a gate would let through')
    .addHelpText('after', '\n  $ firebreak gate INC-2026-0042 round/contain#1')
    .action((incident: string, gate: string | undefined, options: CommonOptions) =>
      run(options, async (session) => (await import('./commands/decide.ts')).showGate(session, incident, gate)),
    );
  for (const answer of ['approve', 'reject'] as const)
    deciding(program.command(`${answer} <incident>`), answer)
      .description(`shows a gate and ${answer}s what it shows, once you confirm`)
      .action((incident: string, options: DecideOptions & CommonOptions) =>
        run(options, async (session) =>
          (await import('./commands/decide.ts')).decide(session, incident, answer, options),
        ),
      );
  deciding(program.command('decide <incident>'), 'decide')
    .description('the same as approve or reject, with the answer as an option')
    .requiredOption('--answer <answer>', 'approve or reject')
    .action((incident: string, options: DecideOptions & CommonOptions & { answer: string }) =>
      run(options, async (session) =>
        (await import('./commands/decide.ts')).decide(session, incident, answerOf(options.answer), options),
      ),
    );
  acting(program.command('fact <incident> <key> <value>'))
    .description('says what is known')
    .option('--decided', 'as the decision of a person in the role for it')
    .option('--proposed', 'as a proposal')
    .addHelpText(
      'after',
      `
Instants: 2026-05-04T10:00:00Z, FROM..TO, FROM.. or unknown.

  $ firebreak fact INC-2026-0042 awareAt 2026-05-04T10:00:00Z --decided
  $ firebreak fact INC-2026-0042 residents '["DE","FR"]'`,
    )
    .action((incident: string, key: string, value: string, options: CommonOptions & { decided?: boolean }) =>
      run(options, async (session) => (await messages()).fact(session, incident, key, value, options)),
    );
}

/** What people answer. */
function addResolving(program: Command, run: Runner): void {
  acting(program.command('resolve <incident> <step>'))
    .description('answers a question to people, or decides on a failed step')
    .option('--answer <answer>', 'done, retry, skip, mark-done or stop', 'done')
    .option('--set <key=value>', 'a value that was asked for; repeatable', collect, [])
    .option('--values <file>', 'values as JSON, `-` for standard input')
    .option('--role <role>', 'role to speak as')
    .option('--comment <text>', 'kept with the answer')
    .addHelpText(
      'after',
      `
  $ firebreak resolve INC-2026-0042 aware --set awareAt=2026-05-04T10:00:00Z --set riskToPeople=risk
  $ firebreak resolve INC-2026-0042 noticed --set state=filed --set reference=2026-118 --set at=2026-05-06T09:00:00Z
  $ firebreak resolve INC-2026-0042 room --answer retry`,
    )
    .action(
      (
        incident: string,
        step: string,
        options: CommonOptions & { answer: string; set: readonly string[]; values?: string },
      ) => run(options, async (session) => (await messages()).resolveStep(session, incident, step, options)),
    );
}

/** Steering a run. */
function addSteering(program: Command, run: Runner): void {
  acting(program.command('amend <incident>'))
    .description('runs a declared amendment (a second round), skips a step that has not started, or takes steps back')
    .requiredOption('--reason <text>', 'kept in the journal')
    .option('--run <amendment>', 'e.g. widen')
    .option('--input <key=value>', 'an input of what is run again; repeatable', collect, [])
    .option('--inputs <file>', 'its inputs as JSON, `-` for standard input')
    .option('--skip <step>', 'step to skip')
    .option('--undo <step>', 'step whose act is taken back; repeatable', collect, [])
    .option('--role <role>', 'role to speak as')
    .addHelpText(
      'after',
      `
  $ firebreak amend INC-2026-0042 --run widen --input targets=second-store --reason "a second store held them too"
  $ firebreak amend INC-2026-0042 --skip room --reason "there is no chat"
  $ firebreak amend INC-2026-0042 --undo shut --reason "the way in was another one"`,
    )
    .action((incident: string, options: CommonOptions & AmendOptions) =>
      run(options, async (session) => (await messages()).amend(session, incident, options)),
    );
  for (const verb of ['stop', 'resume'] as const) {
    acting(program.command(`${verb} <incident>`))
      .description(verb === 'stop' ? 'stops everything, or one step, before its next target' : 'lifts a stop')
      .requiredOption('--reason <text>', 'kept in the journal')
      .option('--step <step>', 'only this step')
      .option('--role <role>', 'role to speak as')
      .addHelpText(
        'after',
        `\n  $ firebreak ${verb} INC-2026-0042 --reason "${verb === 'stop' ? 'wrong store' : 'right store after all'}"`,
      )
      .action((incident: string, options: CommonOptions & { reason: string; step?: string }) =>
        run(options, async (session) => (await messages()).steer(session, incident, verb, options)),
      );
  }
}

/** What is on record. */
function addRecords(program: Command, run: Runner): void {
  speaking(program.command('documents <incident> [document]'))
    .description('lists documents, or prints one')
    .addHelpText(
      'after',
      '\n  $ firebreak documents INC-2026-0042\n  $ firebreak documents INC-2026-0042 DOCUMENT --out draft.md',
    )
    .option('--out <file>', 'write it to a file')
    .action((incident: string, document: string | undefined, options: CommonOptions & { out?: string }) =>
      run(options, async (session) => (await records()).documents(session, incident, document, options)),
    );
  speaking(program.command('receipts <incident> <action> <subject>'))
    .description('prints everything that the outside answered about one target')
    .addHelpText('after', '\n  $ firebreak receipts INC-2026-0042 credentials.revoke SUBJECT')
    .action((incident: string, action: string, subject: string, options: CommonOptions) =>
      run(options, async (session) => (await records()).receipts(session, incident, action, subject)),
    );
  speaking(program.command('duties <incident>'))
    .description('prints filings, follow-ups, tickets and legal duties')
    .addHelpText('after', '\n  $ firebreak duties INC-2026-0042')
    .action((incident: string, options: CommonOptions) =>
      run(options, async (session) => (await records()).duties(session, incident)),
    );
  const bundle = program.command('bundle').description('the signed record of an incident');
  acting(bundle.command('export <incident>'))
    .description('writes it to a file')
    .addHelpText('after', '\n  $ firebreak bundle export INC-2026-0042 --for authority')
    .option('--for <audience>', 'authority, auditor or law-enforcement', 'auditor')
    .option('--out <file>', 'default <incident>.bundle.jsonl')
    .action((incident: string, options: CommonOptions & { for: string; out?: string }) =>
      run(options, async (session) => (await records()).exportBundle(session, incident, options)),
    );
  bundle
    .command('verify <file>')
    .description('finds any edit, cut, reorder or splice; needs no gateway')
    .addHelpText('after', '\n  $ firebreak bundle verify INC-2026-0042.bundle.jsonl --anchor anchors.jsonl')
    .option('--anchor <file>', 'heads that left the house: also finds a chain rewritten with the real key')
    .option('--key <file>', 'public key (PEM) that must have signed')
    .option('--json', 'print the verdict as JSON')
    .action((file: string, options: CommonOptions & { anchor?: string; key?: string }) =>
      run(options, async (session) => (await records()).checkBundle(session, file, options)),
    );
}

/** Everything about incidents. */
export function addIncidentCommands(program: Command, run: Runner): void {
  addLooking(program, run);
  addDeciding(program, run);
  addResolving(program, run);
  addSteering(program, run);
  addRecords(program, run);
}
