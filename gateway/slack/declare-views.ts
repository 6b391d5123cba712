import type { Started } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import { isJsonObject } from '../../contracts/json.ts';
import type { LoadedPlaybook } from '../../playbooks/model.ts';
import { lackingFor } from '../compile-for.ts';
import type { GatewayDeps } from '../deps.ts';
import { context, modal, plain, section, type Block } from './blocks.ts';
import { actions, named } from './cards.ts';
import { field, fieldsFor, options } from './schema-form.ts';

/** Callbacks of the modals of a start. */
export const declarations = { form: 'fb_declare', preview: 'fb_start' } as const;

const ROLES_MAX = 20; // roles with a field; a playbook has fewer

/** Whether a playbook is started with raw credentials: those do not belong into Slack. */
function takesCredentials({ playbook: { inputs } }: LoadedPlaybook): boolean {
  const properties = inputs?.['properties'];
  return isJsonObject(properties) && properties['upload'] !== undefined;
}

/** Playbooks that can be started from Slack, and the names of those that cannot since they take credentials. */
function startable(deps: GatewayDeps): { readonly names: readonly string[]; readonly sealed: readonly string[] } {
  const all = [...deps.library.playbooks.values()].filter(
    ({ playbook: { metadata } }) => lackingFor(deps, metadata.name).length === 0,
  );
  const nameOf = ({ playbook: { metadata } }: LoadedPlaybook): string => metadata.name;
  return {
    names: all.filter((one) => !takesCredentials(one)).map(nameOf),
    sealed: all.filter(takesCredentials).map(nameOf),
  };
}

function roleFields({ people }: GatewayDeps, { playbook: { roles = {} } }: LoadedPlaybook): readonly Block[] {
  return Object.entries(roles)
    .slice(0, ROLES_MAX)
    .flatMap(([role, { title }]) => {
      const holders = people.filter((person) => person.roles.includes(role)).map(({ id }) => id);
      if (holders.length === 0) return [];
      const element = { type: 'multi_static_select', options: options(holders) };
      const hint = 'Deputies after the first. Left empty: who is on call, then everybody with that role.';
      return [field(`role:${role}`, title, element, { optional: true, hint })];
    });
}

/** The form of a start: playbook first, then its inputs and who is who. */
export function declarationView(
  deps: GatewayDeps,
  { mode, playbook }: { readonly mode: 'live' | 'drill'; readonly playbook?: string },
): Block {
  const { names, sealed } = startable(deps);
  const aside = sealed.map((name) =>
    context(
      `\`${name}\` takes credentials, which do not belong into Slack: \`firebreak start ${name} --credentials -\``,
    ),
  );
  if (names.length === 0)
    return modal('fb_refused', 'Firebreak', [section('No playbook here can be started from Slack.'), ...aside]);
  if (playbook !== undefined && !names.includes(playbook))
    throw new CodedError('PLAYBOOK_UNKNOWN', `from Slack these can be started: ${names.join(', ')}`);
  const chosen = playbook ?? (names.length === 1 ? names[0] : undefined);
  const loaded = chosen === undefined ? undefined : deps.library.playbooks.get(chosen);
  const pick = {
    type: 'input',
    block_id: 'playbook',
    dispatch_action: true,
    label: plain('Playbook'),
    element: {
      type: 'static_select',
      action_id: actions.pickPlaybook,
      options: options(names),
      ...(chosen === undefined ? {} : { initial_option: options([chosen])[0] }),
    },
  };
  const modes = options(['live', 'drill']);
  const { inputs } = loaded?.playbook ?? {};
  const properties = isJsonObject(inputs?.['properties']) ? inputs['properties'] : {};
  const required = Array.isArray(inputs?.['required']) ? inputs['required'].map(String) : [];
  const fields = loaded
    ? [
        section(`*${loaded.playbook.metadata.title}*`),
        ...fieldsFor(properties, required),
        field('mode', 'Mode', {
          type: 'static_select',
          options: modes,
          initial_option: modes[mode === 'drill' ? 1 : 0],
        }),
        ...roleFields(deps, loaded),
      ]
    : [];
  return modal(declarations.form, mode === 'drill' ? 'Firebreak drill' : 'Declare', [pick, ...fields, ...aside], {
    ...(loaded ? { submit: 'Preview' } : {}),
    state: { m: mode },
  });
}

/** What a start came to. */
export function startedView({ incident, joined, planHash }: Started, mode: 'live' | 'drill'): Block {
  return modal('fb_started', 'Firebreak', [
    section(`${named(incident, mode)} ${joined ? 'was started before; you see the same one' : 'is started'}.`),
    section(`Look at it with \`/firebreak status ${incident}\`. What waits for you is in the app's Home.`),
    context(`plan \`${planHash}\``),
  ]);
}
