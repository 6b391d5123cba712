import type { ErrorArea, ErrorEntry } from '../coded-error.ts';

/** An alert that was refused at its door: it started nothing. */
function refused(http: number, message: string, remedy: string, actor: ErrorEntry['actor'] = 'caller'): ErrorEntry {
  return { kind: 'rejected', effect: 'none', actor, http, message, remedy };
}

/** Something that the alert needs and that passes: the sender delivers again. */
function passing(http: number, message: string, remedy: string): ErrorEntry {
  return { kind: 'retryable', effect: 'none', actor: 'operator', http, message, remedy };
}

/** Codes of the door that detection systems post to. */
export const detectorErrors = {
  DETECTOR_UNKNOWN: refused(
    404,
    'no detector of that name is configured',
    'Check the last part of the address that the alert is sent to, and `detectors` in `firebreak.yaml`.',
  ),
  DETECTOR_UNSIGNED: refused(
    401,
    'the request does not prove that it comes from the detector',
    'Check secret and signature scheme on both sides; during a rotation list the old and the new key.',
  ),
  DETECTOR_STALE: refused(
    401,
    'the signed time of the request is too old or lies ahead',
    'Check the clocks of both sides; have the sender sign each attempt anew.',
  ),
  DETECTOR_DELIVERY_REUSED: refused(
    409,
    'the id of a delivery came again with another body',
    'Find out who sends it: a sender never does that. The first delivery stands.',
  ),
  DETECTOR_BODY_INVALID: refused(
    422,
    'the signed body is not what the format says',
    'Check `format` of the detector, and what the sender is set to send.',
  ),
  DETECTOR_BEYOND_KEY: refused(
    403,
    'the alert asks for more than the detector may start',
    'A person may start it; or widen `playbooks`, `modes` or `severity` of the detector.',
  ),
  DETECTOR_MAPPING_FAILED: refused(
    422,
    'the mapping of the alert asks for what the alert does not hold',
    'Mend the rule that is named, or guard it with `has(...)`.',
    'operator',
  ),
  DETECTOR_BUDGET_SPENT: passing(
    429,
    'the detector has started as many incidents as it may in an hour',
    'Look at what it starts; raise `startsPerHour`, or let a person start what is left.',
  ),
  DETECTOR_KEYS_AWAY: passing(
    503,
    "the sender's public keys cannot be fetched",
    'Check the way out of the gateway to the address of the keys; the sender delivers again.',
  ),
  DETECTOR_SECRET_AWAY: passing(
    503,
    'the leaked secret cannot be fetched from the detector',
    'Check the credential that the gateway reads alerts with; the sender delivers again.',
  ),
  DETECTOR_OFFERS_FULL: refused(
    409,
    'the incident was offered as many credentials as it may be',
    'Widen the run with what it was offered; an alert of a credential beyond that, by itself, starts a run of its own.',
  ),
  CONFIG_DETECTORS_INVALID: refused(
    500,
    'the file of detectors is not valid',
    'Mend what is named; docs/detectors.md has an example of each scheme.',
    'operator',
  ),
  INCIDENT_OPEN_ALREADY: refused(
    409,
    'an open incident is about the same credential',
    'Go on in the incident that is named; widen it with `firebreak amend`, or start without that credential.',
  ),
  INCIDENT_NOT_HELD: refused(
    409,
    'the incident does not wait to be released or dismissed',
    'Look at its status: it runs, or it has ended.',
  ),
} as const satisfies ErrorArea;
