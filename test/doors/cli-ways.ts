import { join } from 'node:path';
import { runCli } from '../../cli/run-cli.ts';
import { scriptedTerminal } from '../unit/cli/scripted-terminal.ts';
import { apiKey } from '../unit/gateway/stand.ts';
import type { Way, Ways } from './attempts.ts';
import { REASON } from './http-ways.ts';
import { questionFor } from './matrix-playbook.ts';
import type { Lane, MatrixStand } from './matrix-stand.ts';

const USAGE = 2;

/** Everything that the command line can be asked for, over the HTTP API. */
export function cliWays({ url, folder }: MatrixStand): Ways {
  const run =
    (...args: readonly (string | ((lane: Lane) => string))[]): Way =>
    async ({ key }, lane) => {
      const environment = { FIREBREAK_URL: url, FIREBREAK_KEY: apiKey(key) };
      const terminal = scriptedTerminal({ environment, fetch, folder });
      const words = args.map((arg) => (typeof arg === 'string' ? arg : arg(lane)));
      const exit = await runCli([...words, '--json'], terminal, '0.0.0');
      const text = terminal.written() + terminal.warned();
      if (exit === 0) return { code: undefined, text };
      const [, code] = /"code":\s*"([A-Z_]+)"/.exec(terminal.warned()) ?? [];
      return { code: exit === USAGE ? 'CLI_USAGE' : (code ?? `exit ${exit}`), text };
    };
  const incident = (lane: Lane): string => lane.incident;
  const because = ['--reason', REASON] as const;

  return {
    start: run('start', 'doors-matrix'),
    read: run('status', incident),
    decide: run(
      'approve',
      incident,
      '--gate',
      ({ gate }) => gate.id,
      '--yes',
      '--digest',
      ({ gate }) => gate.digest,
    ),
    fact: run('fact', incident, 'measuresTaken', (lane) => `${REASON} of ${lane.incident}`),
    resolve: run('resolve', incident, ({ role }) => questionFor(role), '--set', `natureOfBreach=${REASON}`),
    amend: run('amend', incident, '--run', 'again', ...because),
    undo: run('amend', incident, '--undo', 'note', ...because),
    stop: run('stop', incident, ...because),
    resume: run('resume', incident, ...because),
    pause: run('rollout', 'pause', incident, 'contain', ...because),
    steer: run('rollout', 'resume', incident, 'contain', ...because),
    export: run('bundle', 'export', incident, '--out', (lane) => join(folder, `${lane.incident}.copy`)),
    decode: run('decode'),
    hold: run('hold', 'add', incident, '--basis', REASON),
    reconcile: run('reconcile'),
    bounce: run('bounce'),
    audit: run('audit'),
  };
}
