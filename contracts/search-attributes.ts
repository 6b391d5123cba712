/**
 * Search attributes of an incident's workflow, to be registered on the namespace before anything starts.
 *
 * They are stored in plain, so only neutral words go in. The budget of a namespace on SQL is 10 Keyword, 3 Datetime and
 * 3 KeywordList.
 */
export const searchAttributes = {
  incident: { name: 'FbIncident', type: 'KEYWORD' },
  playbook: { name: 'FbPlaybook', type: 'KEYWORD' },
  playbookHash: { name: 'FbPlaybookHash', type: 'KEYWORD' },
  phase: { name: 'FbPhase', type: 'KEYWORD' },
  mode: { name: 'FbMode', type: 'KEYWORD' },
  /** Roles that somebody is waited for. */
  waitingOn: { name: 'FbWaitingOn', type: 'KEYWORD_LIST' },
  nextDeadline: { name: 'FbNextDeadline', type: 'DATETIME' },
} as const;
