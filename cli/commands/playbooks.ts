import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { PlaybookEntry } from '../../contracts/api.ts';
import { actionCatalogue } from '../../contracts/catalogue.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { CompiledPlan } from '../../contracts/plan.ts';
import { compilePlaybook } from '../../playbooks/compile.ts';
import type { Diagnostic } from '../../playbooks/diagnostic.ts';
import { explainPlan } from '../../playbooks/explain.ts';
import { readLibrary, type Library } from '../../playbooks/library.ts';
import { lintPlaybook } from '../../playbooks/lint.ts';
import { loadPlaybook } from '../../playbooks/load.ts';
import { exitCodes } from '../exit-code.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

/** The library that comes with Firebreak. */
const LIBRARY = resolve(import.meta.dirname, '../../playbooks/library');

const surroundings = () => ({ catalogue: actionCatalogue, today: new Date().toISOString().slice(0, 10) });

/** Playbooks and texts of our own library and of further folders. */
function libraryWith(folders: readonly string[]): Promise<Library> {
  return readLibrary([...new Set([LIBRARY, ...folders])]);
}

function diagnosticLine({ file, line, column, severity, code, message, remedy }: Diagnostic): string {
  return `${file}:${line}:${column}: ${severity} [${code}] ${message}. ${remedy}`;
}

async function lintFile(path: string, shownPath: string): Promise<readonly Diagnostic[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CodedError('CLI_FILE_UNREADABLE', `${shownPath} cannot be read`, { cause });
  });
  const { loaded, diagnostics } = loadPlaybook(text, shownPath);
  if (!loaded) return diagnostics;
  const library = await libraryWith([dirname(path)]);
  const playbooks = new Map(library.playbooks).set(loaded.name, loaded); // the file itself, wherever it lies
  return [...diagnostics, ...lintPlaybook(loaded, { ...library, playbooks }, surroundings())];
}

/** `firebreak playbook lint`: everything that is wrong, at once. @returns the exit code */
export async function lint(session: Session, files: readonly string[]): Promise<number> {
  const { folder } = session.terminal;
  const found = await Promise.all(files.map((file) => lintFile(resolve(folder, file), file)));
  const diagnostics = found.flat();
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  session.show(diagnostics, () => [
    ...diagnostics.map(diagnosticLine),
    `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${errors} errors, ${diagnostics.length - errors} warnings`,
  ]);
  return errors === 0 ? exitCodes.ok : exitCodes.refused;
}

/** Compiles a playbook by name, or by path of its file, without any configuration. */
export async function compileLocally(session: Session, playbook: string): Promise<CompiledPlan> {
  const isFile = playbook.endsWith('.yaml');
  const path = resolve(session.terminal.folder, playbook);
  const library = await libraryWith(isFile ? [dirname(path)] : []);
  if (!isFile) return compilePlaybook(playbook, library, surroundings());
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CodedError('CLI_FILE_UNREADABLE', `${playbook} cannot be read`, { cause });
  });
  const { loaded } = loadPlaybook(text, playbook);
  const name = loaded?.name;
  if (name === undefined) throw new CodedError('PLAYBOOK_INVALID', `${playbook} cannot be loaded`);
  return compilePlaybook(name, library, surroundings());
}

/** `firebreak playbook explain`. */
export async function explain(session: Session, playbook: string): Promise<void> {
  const { plan, planHash } = await compileLocally(session, playbook);
  session.show({ planHash, plan }, () => [explainPlan(plan), '', `plan ${planHash} (without connectors)`]);
}

/** `firebreak playbook list`: what the gateway could start. */
export async function listPlaybooks(session: Session): Promise<void> {
  const answer = await session.api.get<{ readonly playbooks: readonly PlaybookEntry[] }>('/playbooks');
  session.show(answer, () =>
    table(
      ['NAME', 'VERSION', 'TITLE'],
      answer.playbooks.map(({ name, version, title }) => [name, String(version), title]),
    ),
  );
}

/** A playbook to begin with; it lints without errors. */
export function newPlaybook(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
    throw new CodedError('CLI_USAGE', 'a playbook is named by lower-case letters, digits and dashes');
  return `apiVersion: firebreak/v1
kind: Playbook
metadata:
  name: ${name}
  title: What happened, in a few words
  version: 1
  tlp: AMBER
inputs:
  type: object
  additionalProperties: false
  required: [store]
  properties:
    store: {type: string, title: Which secrets store, minLength: 1, maxLength: 64}
roles:
  commander: {title: Incident commander, required: true}
  privacy: {title: Privacy counsel, required: true}
steps:
  - {id: law, needs: [], uses: obligations.assess}
  - {id: aware, needs: [], uses: facts.ask, with: {of: privacy, keys: [awareAt, personalDataBreach, riskToPeople]}}
  - {id: scope, needs: [], uses: credentials.list, with: {from: secrets-store, where: {store: "\${{ inputs.store }}"}}}
  - {id: contain, needs: [scope], uses: credentials.revoke, title: Revoke what lay in the store, forEach: "\${{ steps.scope.dataset }}",
     approval: {any: [commander], within: PT15M, onExpiry: escalate}}
  - {id: prove, needs: [contain], uses: credentials.verify, forEach: "\${{ steps.scope.dataset }}", within: PT30M}
  - {id: report, needs: [aware, prove], uses: incident.report}
  - {id: close, needs: [report], uses: incident.close}
`;
}
