import type { SecretReader } from '../activities/port.ts';
import { openDetectors } from '../gateway/detectors/detectors.ts';
import { getOverHttp } from '../gateway/detectors/get.ts';
import { readLibrary } from '../playbooks/library.ts';
import type { Config } from './config.ts';
import { readDetectors } from './detectors-file.ts';

/**
 * Reads the file of detectors as the gateway will, with its secrets, and looks whether the playbooks that it names are there.
 * Nothing is fetched.
 *
 * @returns what is worth knowing.
 * @throws CONFIG_DETECTORS_INVALID, CONFIG_SECRET_MISSING; Error naming playbooks that are not there.
 */
export async function checkDetectors(
  { detectors: path, playbooks: folders }: Pick<Config, 'detectors' | 'playbooks'>,
  secrets: SecretReader,
): Promise<string> {
  if (path === undefined) return 'none is configured';
  const detectors = readDetectors(path, secrets);
  openDetectors(detectors, getOverHttp);
  const library = await readLibrary(folders);
  const strange = detectors.flatMap(({ name, playbooks }) =>
    playbooks.filter((one) => !library.playbooks.has(one)).map((one) => `${name} starts ${one}, which is no playbook`),
  );
  if (strange.length > 0) throw new Error(strange.join('; '));
  const idle = detectors.filter(({ rules }) => rules.every(({ playbook }) => playbook === undefined));
  const said = idle.map(({ name }) => `${name} starts nothing: none of its rules names a playbook`);
  return [`${detectors.length} can be heard`, ...said].join('; ');
}
