import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { createProgram } from '../../../cli/program.ts';
import { runCli } from '../../../cli/run-cli.ts';
import { scriptedTerminal, type Script } from './scripted-terminal.ts';

const INCIDENT = 'INC-2026-0001';
const HASH = 'a'.repeat(64);

/** A command line of every command that speaks to a gateway, and one that it does not understand. */
const SPEAKING: readonly (readonly [command: string, args: string, bad: string])[] = [
  ['start', 'start leaked-token', 'start leaked-token --mode dry'],
  ['list', 'list', 'list --colour'],
  ['status', `status ${INCIDENT}`, 'status'],
  ['watch', `watch ${INCIDENT}`, `watch ${INCIDENT} --until told`],
  ['timeline', `timeline ${INCIDENT}`, 'timeline'],
  ['gate', `gate ${INCIDENT}`, 'gate'],
  ['approve', `approve ${INCIDENT} --yes --digest ${HASH}`, 'approve'],
  ['reject', `reject ${INCIDENT} --yes --digest ${HASH}`, 'reject'],
  ['decide', `decide ${INCIDENT} --answer approve --yes --digest ${HASH}`, `decide ${INCIDENT} --answer perhaps`],
  ['fact', `fact ${INCIDENT} residents []`, `fact ${INCIDENT} awareAt yesterday`],
  ['resolve', `resolve ${INCIDENT} aware`, `resolve ${INCIDENT} aware --answer perhaps`],
  ['amend', `amend ${INCIDENT} --skip room --reason x`, `amend ${INCIDENT} --reason x`],
  ['stop', `stop ${INCIDENT} --reason x`, `stop ${INCIDENT}`],
  ['resume', `resume ${INCIDENT} --reason x`, `resume ${INCIDENT}`],
  ['documents', `documents ${INCIDENT}`, 'documents'],
  ['receipts', `receipts ${INCIDENT} credentials.revoke s1`, `receipts ${INCIDENT}`],
  ['duties', `duties ${INCIDENT}`, 'duties'],
  ['bundle export', `bundle export ${INCIDENT}`, 'bundle export'],
  ['rollout list', `rollout list ${INCIDENT}`, 'rollout list'],
  ['rollout pause', `rollout pause ${INCIDENT} contain --reason x`, `rollout pause ${INCIDENT} contain`],
  ['rollout resume', `rollout resume ${INCIDENT} contain --reason x`, `rollout resume ${INCIDENT}`],
  [
    'rollout rate',
    `rollout rate ${INCIDENT} contain --window 2 --reason x`,
    `rollout rate ${INCIDENT} contain --reason x`,
  ],
  ['rollout retry', `rollout retry ${INCIDENT} contain --reason x`, `rollout retry ${INCIDENT} contain`],
  ['playbook preview', 'playbook preview leaked-token', 'playbook preview leaked-token --within soon'],
  ['playbook list', 'playbook list', 'playbook list more'],
  ['runbook', `runbook ${INCIDENT}`, 'runbook leaked-token --database postgres://x'],
  ['hold add', `hold add ${INCIDENT} --basis x`, `hold add ${INCIDENT}`],
  ['hold list', `hold list ${INCIDENT}`, 'hold list'],
  ['hold lift', `hold lift ${INCIDENT} h1 --reason x`, `hold lift ${INCIDENT} h1`],
  ['reconcile', 'reconcile', 'reconcile now'],
  ['record', `record ${INCIDENT} revoked`, `record ${INCIDENT} revoked --at yesterday`],
  ['whoami', 'whoami', 'whoami now'],
  ['people', 'people', 'people a b'],
  ['alerts', 'alerts', 'alerts --colour'],
  ['detectors', 'detectors', 'detectors now'],
  ['dismiss', `dismiss ${INCIDENT} --reason x`, `dismiss ${INCIDENT}`],
  ['audit', 'audit', 'audit now'],
  ['release', `release ${INCIDENT} --reason x`, `release ${INCIDENT}`],
  [
    'login',
    'login --url https://gateway.example.org --key-file -',
    'login --url ftp://gateway.example.org --key-file -',
  ],
];

/** Commands that need no gateway, and those that the launcher hands on. */
const LOCAL = [
  ...['playbook lint', 'playbook explain', 'playbook new', 'bundle verify', 'logout', 'completion'],
  ...['demo', 'up', 'worker', 'gateway', 'migrate', 'doctor', 'watchdog'],
];

function commandsOf(command: Command, path: readonly string[] = []): readonly string[] {
  if (command.commands.length === 0) return [path.join(' ')];
  return command.commands.flatMap((one) => commandsOf(one, [...path, one.name()]));
}

async function run(line: string, script: Script): Promise<{ code: number; written: string; warned: string }> {
  const environment = { FIREBREAK_URL: 'http://gateway.example.org', FIREBREAK_KEY: 'k' };
  const terminal = scriptedTerminal({ environment, input: 'k', ...script });
  const code = await runCli(line.split(' '), terminal, '1.2.3');
  return { code, written: terminal.written(), warned: terminal.warned() };
}

function refusing(code: string, status: number): typeof fetch {
  const body = { type: 'urn:x', title: 't', status, detail: 'it is so', code, remedy: 'Do this.', requestId: 'r1' };
  return () =>
    Promise.resolve(Response.json(body, { status, headers: { 'content-type': 'application/problem+json' } }));
}

describe('every command', () => {
  it('is asked about here', () => {
    const known = [...SPEAKING.map(([command]) => command), ...LOCAL].sort();
    const there = commandsOf(createProgram(scriptedTerminal(), '1.2.3', () => undefined));
    const asked = there.filter((command) => !/^(?:keys|law) /.test(command)); // they speak to no gateway either
    assert.deepEqual(asked.sort(), known);
  });

  for (const [command, args, bad] of SPEAKING) {
    describe(command, () => {
      it('ends 1 for a refusal, says why and what to do, and answers nothing', async () => {
        const { code, written, warned } = await run(args, { fetch: refusing('GATEWAY_FORBIDDEN', 403) });
        assert.deepEqual([code, written], [1, '']);
        assert.match(warned, /\[GATEWAY_FORBIDDEN\] it is so\. Do this\.\n$/);
      });

      it('ends 69 where the gateway does not answer, as JSON where that is wanted', async () => {
        const { code, written, warned } = await run(`${args} --json`, {});
        assert.deepEqual([code, written], [69, '']);
        assert.equal((JSON.parse(warned) as { error: { code: string } }).error.code, 'CLI_UNREACHABLE');
      });

      it('ends 2 for what it does not understand', async () => {
        const { code, written } = await run(bad, { fetch: refusing('GATEWAY_FORBIDDEN', 403) });
        assert.deepEqual([code, written], [2, '']);
      });

      it('has an example in its help', async () => {
        const { code, written } = await run(`${command} --help`, {});
        assert.equal(code, 0);
        assert.match(written, /\$ firebreak /);
      });
    });
  }
});
