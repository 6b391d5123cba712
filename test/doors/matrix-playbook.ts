import { rights } from './matrix.ts';

/** Roles of the matrix that answer at gates; each has a question of its own in the playbook. */
export const answering: readonly string[] = rights.person
  .filter(({ marks }) => marks.decide !== '.')
  .map(({ name }) => name);

/** Roles of the matrix that answer questions. */
const asked: readonly string[] = rights.person.filter(({ marks }) => marks.resolve !== '.').map(({ name }) => name);

/** The question that a role is asked; roles that answer none try the commander's. */
export function questionFor(role: string): string {
  return `ask-${asked.includes(role) ? role : 'commander'}`;
}

const roles = answering.map((role) => `  ${role}: {title: "The ${role}", required: ${role === 'commander'}}`);

const questions = asked.map(
  (role) => `  - {id: ask-${role}, needs: [], uses: facts.ask, title: "Ask the ${role}",
     with: {of: ${role}, keys: [natureOfBreach]}}`,
);

/** A playbook in which every operation has something to act on, at once and together. */
export const MATRIX_PLAYBOOK = `apiVersion: firebreak/v1
kind: Playbook
metadata: {name: doors-matrix, title: Every act at every door, version: 1, tlp: AMBER, tags: {csf: [RS.MI], cacao: [mitigation]}}
inputs: {type: object, additionalProperties: false, properties: {}}
roles:
${roles.join('\n')}
amendments:
  again: {of: round, run: doors-round, approval: {any: [commander], within: PT4H, onExpiry: escalate}}
steps:
${questions.join('\n')}
  - {id: scope, needs: [], uses: credentials.list, title: What lay in the store, with: {from: secrets-store, where: {store: ci-secrets}}}
  - {id: contain, needs: [scope], uses: credentials.revoke, title: Revoke the tokens, forEach: "\${{ steps.scope.dataset }}",
     approval: {any: [${answering.join(', ')}], within: PT4H, onExpiry: escalate}}
  - {id: note, needs: [], uses: chat.topic, title: What the room is about, with: {text: look}, undo: {uses: chat.topic, with: {text: undone}}}
  - {id: round, needs: [], uses: playbook.run, title: A round, with: {playbook: doors-round, inputs: {}}}
  - {id: close, needs: [contain, round, note, ${asked.map((role) => `ask-${role}`).join(', ')}], uses: incident.close}
`;

/** What the amendment runs again. */
export const ROUND_PLAYBOOK = `apiVersion: firebreak/v1
kind: Playbook
metadata: {name: doors-round, title: One round, version: 1, tlp: AMBER, tags: {csf: [RS.MI], cacao: [mitigation]}}
inputs: {type: object, additionalProperties: false, properties: {}}
roles:
  commander: {title: Incident commander, required: true}
steps:
  - {id: final, needs: [], uses: wait.for, title: The scope is final, with: {fact: scopeFinal, of: commander}}
`;
