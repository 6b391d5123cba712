import type { ErrorArea, ErrorEntry } from '../coded-error.ts';

/** What a person did in Slack was refused: nothing happened. */
function refused(http: number, message: string, remedy: string): ErrorEntry {
  return { kind: 'rejected', effect: 'none', actor: 'caller', http, message, remedy };
}

/** Codes of the Slack door. */
export const slackErrors = {
  SLACK_USER_FOREIGN: refused(
    403,
    'the Slack account is a guest, a bot, deactivated, or of another workspace',
    'Use your member account of the workspace that Firebreak is installed in, or the command line.',
  ),
  SLACK_USER_UNKNOWN: refused(
    403,
    'nobody is listed with that Slack account',
    'Have your Slack member id written into your entry of the file of people (`slack:`), or use the command line.',
  ),
  SLACK_SIGNATURE_INVALID: refused(
    401,
    'the delivery is not signed as Slack signs',
    'Compare `slack.http.signingSecret` with the signing secret of the app, and the clock with the time; else somebody tries the door.',
  ),
  SLACK_COMMAND_UNKNOWN: refused(400, 'the command is not understood', 'See `/firebreak help`.'),
  SLACK_CARD_STALE: refused(
    409,
    'what the card shows is not there any more',
    'Look again: `/firebreak status INC-...` shows what is open now.',
  ),
  SLACK_PREVIEW_STALE: refused(
    409,
    'the preview does not hold any more',
    'Declare again and look at a new preview: `/firebreak declare`.',
  ),
  SLACK_UNAVAILABLE: {
    kind: 'retryable',
    effect: 'unknown',
    actor: 'provider',
    http: 503,
    message: 'Slack did not answer, or refused the call',
    remedy: 'Try again, or use the command line: it needs no Slack.',
  },
} as const satisfies ErrorArea;
