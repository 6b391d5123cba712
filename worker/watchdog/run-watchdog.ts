import { CodedError } from '../../contracts/errors.ts';
import { durationMs } from '../../contracts/duration.ts';
import { checkSecrets, readConfig } from '../config.ts';
import { createLogger } from '../log.ts';
import { Scrubber } from '../scrubber.ts';
import { secretReader } from '../secrets.ts';
import { alarmPaths } from './alarm-paths.ts';
import { keepWatch } from './watchdog.ts';

/** How the watchdog is started. */
export interface WatchdogStart {
  /** Path of `firebreak.yaml`; of its secrets only those under `watchdog:` are read. */
  readonly configPath: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Sends one alarm by every path and ends. */
  readonly isTrial: boolean;
}

/**
 * Runs the watchdog until the process is told to end.
 *
 * @throws CONFIG_ codes, WATCHDOG_ codes, PORT_IN_USE
 */
export async function runWatchdog({ configPath, environment, isTrial }: WatchdogStart): Promise<void> {
  const { watchdog } = await readConfig(configPath);
  if (!watchdog) throw new CodedError('CONFIG_INVALID', `${configPath} has no \`watchdog:\``);
  const scrubber = new Scrubber();
  const secrets = secretReader(environment, (value) => scrubber.learn(value));
  checkSecrets({ ...watchdog }, secrets);
  const log = createLogger('watchdog', scrubber);
  const paths = alarmPaths(watchdog, secrets);
  if (isTrial) {
    const alarm = { id: 'trial', subject: 'Firebreak: a trial alarm', text: 'This is a trial: nothing has happened.' };
    const untaken = [];
    for (const path of paths) if (!(await path.send(alarm))) untaken.push(path.name);
    await Promise.all(paths.map((path) => path.close()));
    if (untaken.length > 0) throw new CodedError('WATCHDOG_UNHEARD', untaken.join('; '));
    log.info({ paths: paths.map(({ name }) => name) }, 'every path took the trial alarm');
    return;
  }
  const { host, port, token, file, silenceAfter } = watchdog;
  const running = await keepWatch({
    ...{ host, port, file, paths, log },
    token: secrets(token),
    silenceMs: durationMs(silenceAfter),
  });
  log.info({ host, port: running.port, ready: true }, 'the watchdog watches');
  await new Promise((told) => {
    process.once('SIGINT', told);
    process.once('SIGTERM', told);
  });
  await running.stop();
}
