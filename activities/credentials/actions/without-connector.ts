import { text } from '../connectors/answers.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { Issuers } from '../issuers.ts';
import type { Screened } from '../../effects/act.ts';

/** Verdict on rows that must be acted on and cannot: their issuer is not configured, or its connector lacks the verb. */
export function failedWithout(issuers: Issuers): (row: DatasetRow) => Screened {
  return ({ subject, attributes }) => ({
    subject,
    state: 'failed',
    code: issuers.get(text(attributes['issuer'])) ? 'CONNECTOR_ACTION_UNSUPPORTED' : 'CONNECTOR_ISSUER_UNKNOWN',
  });
}

/** Verdict on rows whose issuer has no sessions: there is nothing to end, so the step does not fail. */
export function withheldWithout({ subject }: DatasetRow): Screened {
  return {
    subject,
    state: 'withheld',
    code: 'EFFECT_NOT_NEEDED',
    receipt: { reason: 'the issuer has no sessions to end' },
  };
}
