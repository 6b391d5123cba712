import { dirname, resolve } from 'node:path';
import type { ExplainedPlan, PlaybookEntry } from '../../contracts/api.ts';
import { actionCatalogue } from '../../contracts/catalogue.ts';
import { instructionsOf } from '../../contracts/instructions.ts';
import type { CompiledPlan } from '../../contracts/plan.ts';
import { compilePlaybook } from '../../playbooks/compile.ts';
import type { Diagnostic } from '../../playbooks/diagnostic.ts';
import { explainPlan } from '../../playbooks/explain.ts';
import { openPlaybook, readLibrary, standardLibrary } from '../../playbooks/library.ts';
import { lintFiles } from '../../playbooks/lint-files.ts';
import { refuseErrors } from '../../playbooks/load.ts';
import type { Surroundings } from '../../playbooks/surroundings.ts';
import { exitCodes } from '../exit-code.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

const surroundings = (): Surroundings => ({
  catalogue: actionCatalogue,
  today: new Date().toISOString().slice(0, 10),
});

function diagnosticLine({ file, line, column, severity, code, message, remedy }: Diagnostic): string {
  return `${file}:${line}:${column}: ${severity} [${code}] ${message}. ${remedy}`;
}

/** `firebreak playbook lint`: everything that is wrong, at once. @returns the exit code */
export async function lint(session: Session, files: readonly string[]): Promise<number> {
  const { folder } = session.terminal;
  const diagnostics = await lintFiles(
    files.map((file) => shortPath(folder, file)),
    surroundings(),
  );
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  session.show(diagnostics, () => [
    ...diagnostics.map(diagnosticLine),
    `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${errors} errors, ${diagnostics.length - errors} warnings`,
  ]);
  return errors === 0 ? exitCodes.ok : exitCodes.refused;
}

/** Path as given where that is enough to find it, absolute where the terminal stands elsewhere. */
function shortPath(folder: string, file: string): string {
  return folder === process.cwd() ? file : resolve(folder, file);
}

/** Compiles a playbook by name, or by path of its file, without any configuration. */
export async function compileLocally(session: Session, playbook: string): Promise<CompiledPlan> {
  const path = playbook.endsWith('.yaml') ? shortPath(session.terminal.folder, playbook) : undefined;
  const library = await readLibrary([...(path === undefined ? [] : [dirname(path)]), standardLibrary]);
  if (path === undefined) return compilePlaybook(playbook, library, surroundings());
  const { loaded, diagnostics } = await openPlaybook(path);
  refuseErrors(diagnostics);
  return compilePlaybook(loaded!.name, library, surroundings());
}

/** A playbook compiled without any configuration, with what people are to do at its manual steps. */
export async function explained(session: Session, playbook: string): Promise<Omit<ExplainedPlan, 'text'>> {
  const { plan, planHash, documents } = await compileLocally(session, playbook);
  return { plan, planHash, instructions: await instructionsOf(plan, (hash) => documents[hash]?.body ?? '') };
}

/** `firebreak playbook explain`. */
export async function explain(session: Session, playbook: string): Promise<void> {
  const { plan, planHash, instructions } = await explained(session, playbook);
  session.show({ planHash, plan, instructions }, () => [
    explainPlan(plan),
    '',
    `plan ${planHash} (without connectors)`,
  ]);
}

/** `firebreak playbook list`: what the gateway holds, and what has to be configured before it could start it. */
export async function listPlaybooks(session: Session): Promise<void> {
  const answer = await session.api.get<{ readonly playbooks: readonly PlaybookEntry[] }>('/playbooks');
  session.show(answer, () =>
    table(
      ['NAME', 'VERSION', 'TITLE', 'NEEDS FIRST'],
      answer.playbooks.map(({ name, version, title, lacks }) => [
        ...[name, String(version), title],
        lacks.map((capability) => `connectors.${capability}`).join(', '),
      ]),
    ),
  );
}
