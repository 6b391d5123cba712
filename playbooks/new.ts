import { CodedError } from '../contracts/errors.ts';

const NAME = /^[a-z][a-z0-9-]{1,63}$/; // as the file's schema asks of `metadata.name`

/**
 * A playbook to begin with, for `firebreak playbook new`: one round of list, revoke, prove, tell. It lints without errors
 * as it stands.
 *
 * @param name - of the playbook and, with `.yaml`, of its file.
 * @returns the text of the file.
 * @throws PLAYBOOK_NAME_INVALID
 */
export function newPlaybook(name: string): string {
  if (!NAME.test(name))
    throw new CodedError('PLAYBOOK_NAME_INVALID', `\`${name.slice(0, 80)}\` is no name of a playbook`);
  return `# What this playbook answers, in one sentence. \`firebreak playbook lint ${name}.yaml\` lists what is wrong with it.
apiVersion: firebreak/v1
kind: Playbook
metadata:
  name: ${name}
  title: What happened, in a few words
  version: 1
  tlp: AMBER
inputs: # what has to be known to begin; whoever starts it is asked for these
  type: object
  additionalProperties: false
  required: [store]
  properties:
    store: {type: string, title: Which secrets store, minLength: 1, maxLength: 64}
roles: # who may be asked; people are bound when the incident starts
  commander: {title: Incident commander, required: true}
  privacy: {title: Privacy counsel, required: true}
limits: # more than that waits for a person
  credentials.revoke: {max: 5000, perHour: 5000}
steps:
  # minute 0: these wait for nothing
  - {id: law, needs: [], uses: obligations.assess}
  - {id: aware, needs: [], uses: facts.ask, with: {of: privacy, keys: [awareAt, personalDataBreach, riskToPeople]}}
  - {id: scope, needs: [], uses: credentials.list, title: What lay in the store,
     with: {from: secrets-store, where: {store: "\${{ inputs.store }}"}}}

  # contain, and prove it: accepted is not done
  - {id: contain, needs: [scope], uses: credentials.revoke, title: Revoke what lay in the store, forEach: "\${{ steps.scope.dataset }}",
     approval: {any: [commander], within: PT15M, onExpiry: escalate}, rollout: {canary: 25, holdUntil: verified}}
  - {id: prove, needs: [contain], uses: credentials.verify, title: Prove it dead, forEach: "\${{ steps.scope.dataset }}", within: PT30M}

  # tell people: texts/leaked-token.<locale>.md; copy it and say what happened
  - {id: owners, needs: [scope], uses: people.resolve, title: Who is affected, with: {owners: "\${{ steps.scope.dataset }}"}}
  - {id: tell, needs: [owners, prove], uses: notices.send, title: Tell the people affected, forEach: "\${{ steps.owners.dataset }}",
     with: {notice: ${name.slice(0, 60)}, template: leaked-token, locale: "\${{ item.locale }}"},
     approval: {all: [commander, privacy], within: PT2H, onExpiry: escalate}}

  # write down what happened, and close
  - {id: report, needs: [aware, tell], uses: incident.report}
  - {id: close, needs: [report], uses: incident.close}
`;
}
