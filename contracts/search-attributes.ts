import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common/lib/search-attributes.js';

/**
 * Search attributes of an incident, to be registered on the namespace. They are stored in plain: neutral words only.
 * The budget of a namespace on SQL is 10 Keyword, 3 Datetime and 3 KeywordList.
 */
export const searchAttributes = {
  incident: defineSearchAttributeKey('FbIncident', SearchAttributeType.KEYWORD),
  playbook: defineSearchAttributeKey('FbPlaybook', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('FbPhase', SearchAttributeType.KEYWORD),
  mode: defineSearchAttributeKey('FbMode', SearchAttributeType.KEYWORD),
  waitingOn: defineSearchAttributeKey('FbWaitingOn', SearchAttributeType.KEYWORD_LIST),
  nextDeadline: defineSearchAttributeKey('FbNextDeadline', SearchAttributeType.DATETIME),
};
