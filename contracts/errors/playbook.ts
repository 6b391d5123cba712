import type { ErrorArea, ErrorEntry } from '../coded-error.ts';

/** Something in a file that its author mends. */
function authored(message: string, remedy: string): ErrorEntry {
  return { kind: 'rejected', effect: 'none', actor: 'author', http: 422, message, remedy };
}

/** Codes of the playbook language: all are found when a file is loaded. */
export const playbookErrors = {
  PLAYBOOK_INVALID: authored(
    'the playbook cannot be compiled',
    'Run `firebreak playbook lint FILE` and mend each problem it lists.',
  ),
  PLAYBOOK_UNKNOWN: {
    kind: 'rejected',
    effect: 'none',
    actor: 'caller',
    http: 404,
    message: 'there is no playbook of that name',
    remedy: 'List the playbooks with `firebreak playbook list`.',
  },
  PLAYBOOK_NAME_INVALID: {
    kind: 'rejected',
    effect: 'none',
    actor: 'caller',
    http: 422,
    message: 'the text is no name of a playbook',
    remedy: 'Use lower-case letters, digits and dashes, 2 to 64, a letter first.',
  },
  PLAYBOOK_INPUTS_INVALID: {
    kind: 'rejected',
    effect: 'none',
    actor: 'caller',
    http: 422,
    message: 'the inputs do not fit the playbook',
    remedy: 'Mend each of the inputs that are named; `firebreak playbook explain NAME` shows what it takes.',
  },
  PLAYBOOK_FILE_TOO_LARGE: authored(
    'the file is too large',
    'Split it: a part of its own can be run with `playbook.run`.',
  ),
  PLAYBOOK_YAML_INVALID: authored('the file is not YAML', 'Mend the line; quote texts that hold a colon or a `#`.'),
  PLAYBOOK_YAML_TOO_DEEP: authored('the file is nested too deeply', 'Flatten it; a playbook needs six levels.'),
  PLAYBOOK_YAML_TOO_MANY_TOKENS: authored(
    'the file has too many tokens',
    'Split it: a part of its own can be run with `playbook.run`.',
  ),
  PLAYBOOK_YAML_ANCHOR: authored('anchors are not part of the language', 'Write the value out where it is used.'),
  PLAYBOOK_YAML_ALIAS: authored('aliases are not part of the language', 'Write the value out where it is used.'),
  PLAYBOOK_YAML_TAG: authored(
    'tags are not part of the language',
    'Write plain values; quote a text that begins with `!`.',
  ),
  PLAYBOOK_YAML_DIRECTIVE: authored('directives are not part of the language', 'Remove the line.'),
  PLAYBOOK_YAML_DOCUMENTS: authored('a file holds one playbook', 'Put each playbook into a file of its own.'),
  PLAYBOOK_YAML_KEY_COMPLEX: authored(
    'keys are plain texts',
    'Write the key as a plain text; quote it if it looks like a number or is empty.',
  ),
  PLAYBOOK_YAML_NUMBER: authored(
    'a number cannot be held exactly',
    'Write a finite number of at most 15 digits; quote what is an id and no number.',
  ),
  PLAYBOOK_CHARACTER_FORBIDDEN: authored(
    'the file holds a character that readers do not see',
    'Delete it: control characters and marks that turn the direction of text are refused.',
  ),
  PLAYBOOK_SECRET_IN_FILE: authored(
    'the file holds what is shaped like a credential',
    'Take it out and revoke it: playbooks are read by many. A credential belongs into the configuration, by reference.',
  ),
  PLAYBOOK_KEY_DUPLICATE: authored('a key stands twice', 'Keep one of them.'),
  PLAYBOOK_SCHEMA: authored(
    'the file does not have the shape of a playbook',
    'See docs/playbooks.md for the keys and their values.',
  ),
  PLAYBOOK_NAME_MISMATCH: authored('the file is not named like its playbook', 'Name the file `<metadata.name>.yaml`.'),
  PLAYBOOK_FILE_UNREADABLE: authored('the file cannot be read', 'Check its path and its permissions.'),
  PLAYBOOK_NAME_DUPLICATE: authored(
    'two files of the library hold a playbook of the same name',
    'Rename one of them, or take one of the folders out of `playbooks:` in `firebreak.yaml`.',
  ),
  PLAYBOOK_FILE_IGNORED: authored(
    'a file of the folder is not read',
    'Name playbooks `<name>.yaml` and texts `texts/<template>.<locale>.md`, in lower case.',
  ),
  PLAYBOOK_FOLDER_MISSING: {
    kind: 'rejected',
    effect: 'none',
    actor: 'operator',
    http: 500,
    message: 'a folder of playbooks cannot be read',
    remedy: 'Correct `playbooks:` in `firebreak.yaml`; the folder has to exist and be readable.',
  },
  PLAYBOOK_TOO_MANY_STEPS: authored(
    'the playbook has too many steps',
    'Split it: a part of its own can be run with `playbook.run`.',
  ),
  PLAYBOOK_STEP_ID_INVALID: authored(
    'the id of a step is not neutral',
    'Use lower-case letters, digits and dashes, at most 40, not digits alone: ids are shown in plain.',
  ),
  PLAYBOOK_STEP_DUPLICATE: authored('two steps have the same id', 'Rename one of them.'),
  PLAYBOOK_STEP_UNREADABLE: authored(
    'the id of a step cannot be read in an expression',
    "Write it with brackets, `steps['tell-people'].targets`, or rename the step without a dash.",
  ),
  PLAYBOOK_ACTION_UNKNOWN: authored('there is no such action', 'See docs/actions.md for the catalogue.'),
  PLAYBOOK_WITH_INVALID: authored(
    'the inputs of the action are not what it takes',
    'See the action in docs/actions.md.',
  ),
  PLAYBOOK_NEEDS_MIXED: authored(
    'some steps have `needs` and some have not',
    'Give every step `needs` (`needs: []` starts at once), or none.',
  ),
  PLAYBOOK_NEEDS_UNKNOWN: authored('a step needs one that does not exist', 'Name a step of the same file.'),
  PLAYBOOK_NEEDS_CYCLE: authored('steps wait for each other', 'Take out one of the `needs` of the circle.'),
  PLAYBOOK_STEP_UNREACHABLE: authored(
    'a step can never start',
    'Take out the condition or the `needs` that is named, or the step itself.',
  ),
  PLAYBOOK_KEY_RESERVED: authored(
    'a key belongs to the compiled plan',
    'Rename it; write an expression as `${{ ... }}`.',
  ),
  PLAYBOOK_EXPRESSION_INVALID: authored('an expression cannot be read', 'Write CEL, e.g. `${{ inputs.store }}`.'),
  PLAYBOOK_EXPRESSION_TYPE: authored(
    'an expression does not fit by its type',
    'Read what is declared, and give a value of the type that is asked for; docs/playbooks.md lists both.',
  ),
  PLAYBOOK_EXPRESSION_FORBIDDEN: authored(
    'an expression uses what the language leaves out',
    'Say it with comparisons, `has(...)`, `in` and one comprehension.',
  ),
  PLAYBOOK_LITERAL_REQUIRED: authored(
    'a name is computed that has to be known when the playbook is loaded',
    'Write the name out; for a choice, write one step for each with `when`.',
  ),
  PLAYBOOK_READ_UNNEEDED: authored(
    'a step reads one that it does not wait for',
    'Add the step that it reads to its `needs`.',
  ),
  PLAYBOOK_READ_UNGUARDED: authored(
    'a step reads what may not be there',
    'Guard it: `when: "${{ has(...) }}"` for the step, or `has(x) ? x : y` inside the expression.',
  ),
  PLAYBOOK_ROLE_UNKNOWN: authored(
    'a step asks a role that the playbook does not declare',
    'Declare it under `roles`, or name one that is.',
  ),
  PLAYBOOK_APPROVAL_MISSING: authored(
    'an act that cannot be taken back waits for nobody',
    'Add `approval` with who is asked and `within`; `preauthorised` lets a signed number through before the rest waits there.',
  ),
  PLAYBOOK_APPROVAL_FORBIDDEN: authored(
    'a step that acts on nothing has an approval',
    'Put the approval on the step that acts.',
  ),
  PLAYBOOK_APPROVAL_QUORUM: authored(
    'the quorum cannot be reached',
    'Lower it, or name more roles; with `all` leave it out.',
  ),
  PLAYBOOK_SECOND_FACTOR: authored(
    'a second factor stands where it protects nothing',
    'Put it on the approval of an act over targets that cannot be taken back, and let `preauthorised` stay below it.',
  ),
  PLAYBOOK_PREAUTHORISED_EXPIRED: authored(
    'the pre-authorisation has run out',
    'Have it signed again with a later date.',
  ),
  PLAYBOOK_PREAUTHORISED_FORBIDDEN: authored(
    'a pre-authorisation stands where nothing is counted',
    'Take it out; only an act over targets (`forEach`) lets a number of them through.',
  ),
  PLAYBOOK_UNVERIFIED: authored('an act that can be checked is not', 'Add the verifying step that is named.'),
  PLAYBOOK_NOTICE_EARLY: authored(
    'a notice says what is dead and does not wait for the step that looks',
    'Let it need the step that is named; where its readers must hear of it before, say so: `with: {expect: 1}`.',
  ),
  PLAYBOOK_CONNECTOR_MISSING: authored(
    'nothing is configured that could act',
    'Configure a connector for the capability in `firebreak.yaml`.',
  ),
  PLAYBOOK_CONNECTOR_UNKNOWN: authored(
    'a name does not stand in the configuration',
    'Name one that is configured under `connectors:` in `firebreak.yaml`, or configure it.',
  ),
  PLAYBOOK_CANARY_UNCHECKABLE: authored(
    'the canary is to be verified, but the connector cannot look',
    'Take out `holdUntil`, or use a connector with `check`.',
  ),
  PLAYBOOK_FOREACH_MISSING: authored(
    'an action over targets has no `forEach`',
    'Add `forEach` with a dataset, e.g. `${{ steps.scope.dataset }}`.',
  ),
  PLAYBOOK_FOREACH_FORBIDDEN: authored('an action without targets has a `forEach`', 'Take it out.'),
  PLAYBOOK_ROLLOUT_FORBIDDEN: authored(
    '`rollout` stands at a step that is none',
    'Take it out; only steps with `forEach` roll out.',
  ),
  PLAYBOOK_ROLLOUT_INVALID: authored(
    'the rollout contradicts itself',
    'Give `canary` as a whole number of targets or a share below 1; `holdUntil` needs a `canary`; `timeout` is at least twice the longest request.',
  ),
  PLAYBOOK_UNKNOWN_FORBIDDEN: authored(
    '`onUnknown` stands at a step whose effects are never unknown',
    'Take it out: only acts of a connector, and acts that nobody can look up, may end unknown.',
  ),
  PLAYBOOK_UNDO_IRREVERSIBLE: authored('an undo is named for an act that cannot be taken back', 'Take `undo` out.'),
  PLAYBOOK_OUTLIVES_FORBIDDEN: authored('only watching and follow-ups may outlive the close', 'Take `outlives` out.'),
  PLAYBOOK_DURATION_INVALID: authored(
    'a duration cannot be read',
    'Write ISO 8601 with a unit, longer than nothing: `PT15M`, `PT72H`, `P30D`.',
  ),
  PLAYBOOK_RUN_UNKNOWN: authored('the playbook to be run does not exist', 'Name a playbook of the library.'),
  PLAYBOOK_RUN_RECURSIVE: authored('a playbook runs itself', 'Take the `playbook.run` out.'),
  PLAYBOOK_RUN_TOO_DEEP: authored('playbooks are nested deeper than four', 'Run the inner one from further out.'),
  PLAYBOOK_RUN_CLOSES: authored(
    'a playbook that is run inside another one closes the incident',
    'Take `incident.close` out of the inner playbook; the outermost one closes.',
  ),
  PLAYBOOK_AMENDMENT_AMBIGUOUS: authored(
    'an amendment may mean more than one step, or contradicts itself',
    'Give `of`: the id of the one `playbook.run` step that is run again.',
  ),
  PLAYBOOK_AMENDMENT_UNKNOWN: authored(
    'an amendment runs again what the playbook does not run',
    'Give `of`: the id of a `playbook.run` step.',
  ),
  PLAYBOOK_TEXT_MISSING: authored('a text that the step uses does not exist', 'Add `texts/<template>.<locale>.md`.'),
  PLAYBOOK_LIMIT_UNKNOWN: authored('a limit is for an action that acts on no targets', 'Name an action over targets.'),
  PLAYBOOK_INPUTS_SCHEMA_INVALID: authored(
    'the inputs are not a JSON Schema',
    'Write JSON Schema 2020-12 with `type: object` and `additionalProperties: false`; bound every list and pattern as docs/playbooks.md says.',
  ),
  PLAYBOOK_PLAN_TOO_LARGE: authored('the compiled plan is too large', 'Split it, or shorten what its steps are given.'),
} as const satisfies ErrorArea;
