import { askedField, engineField, factField } from './fields.ts';
import { completeDraft, type Draft, type DraftField, type DraftInput, type DraftSection } from './draft.ts';
import { findingPhrase, instantPhrase, nameOfEvent, wordingNote } from './wording.ts';
import { hoursLater, earliestOf, instantMs } from '../instants.ts';
import { measuresTaken } from './measures.ts';

const NOTIFY_WITHIN_HOURS = 72; // GDPR Art. 33(1)

/**
 * Drafts the notification to the supervisory authority.
 *
 * Numbers are those of the EDPB's harmonised template; references to Art. 33(3) stand where the article asks.
 *
 * @source GDPR Art. 33(3), (4); EDPB breach notification template v1.0 of 8 June 2026 (consultation version)
 */
export function draftAuthorityNotification(input: DraftInput): Draft {
  const { facts, dueAt, isDueDecided } = input;
  const sections = [
    notification(input),
    parties(input),
    timeline(input),
    nature(input),
    subjectsAndRecords(input),
    consequences(input),
    people(input),
    others(input),
  ];
  const due = dueAt === undefined ? 'No clock runs.' : `Due ${instantPhrase(dueAt)}`;
  const standing = isDueDecided
    ? ', 72 elapsed hours after awareness.'
    : ', provisional: counted from the earliest plausible instant until awareness is decided.';
  return completeDraft({
    title: `Notification of a ${nameOfEvent(facts)} to the supervisory authority (GDPR Art. 33)`,
    notes: [`${due}${dueAt === undefined ? '' : standing}`, wordingNote(facts)],
    sections,
  });
}

function notification({ incident, preparedAt }: DraftInput): DraftSection {
  return {
    title: '1 Notification',
    fields: [
      engineField('3', 'Type', 'new', 'engine: no earlier filing of this kind is recorded'),
      engineField('4', 'Completeness', 'initial; information follows in phases (Art. 33(4))', 'engine'),
      engineField('7', 'Own reference', incident, 'engine'),
      engineField('-', 'Prepared', instantPhrase(preparedAt), 'engine'),
    ],
  };
}

function parties({ facts }: DraftInput): DraftSection {
  return {
    title: '2 Controller and contact',
    fields: [
      askedField('10-20', 'Controller: name, address, registration', 'privacy'),
      factField('21', 'Role of the company', 'controllerOrProcessor', facts),
      factField('33(3)(b)', 'Contact point or data protection officer', 'contactPoint', facts),
    ],
  };
}

function timeline(input: DraftInput): DraftSection {
  const { facts } = input;
  return {
    title: '3.1 Timeline',
    fields: [
      factField('44', 'When it happened', 'occurredAt', facts),
      factField('47', 'When it was detected', 'detectedAt', facts),
      factField('48', 'When the controller became aware', 'awareAt', facts),
      ...lateness(input),
      factField('53', 'When the way in was closed', 'entryClosedAt', facts),
    ],
  };
}

/** Reasons are asked for only where the draft itself is later than 72 hours. */
function lateness({ facts, preparedAt }: DraftInput): readonly DraftField[] {
  const awareAt = earliestOf(facts.awareAt?.value);
  if (awareAt === undefined) return [];
  const isLate = instantMs(preparedAt) > instantMs(hoursLater(awareAt, NOTIFY_WITHIN_HOURS));
  return isLate ? [askedField('49', 'Reasons for notifying later than 72 hours', 'privacy')] : [];
}

function nature({ facts }: DraftInput): DraftSection {
  return {
    title: '3.2 Nature',
    fields: [
      factField('33(3)(a)', 'Nature', 'natureOfBreach', facts),
      engineField(
        '55',
        'Confidentiality, integrity, availability',
        'confidentiality',
        'engine: credentials were exposed',
      ),
      factField('56', 'Copies left the company', 'exfiltrationFound', facts, findingPhrase),
      factField('61', 'Misuse of what was exposed', 'misuseFound', facts, findingPhrase),
      askedField('63', 'Systems concerned', 'platform'),
    ],
  };
}

function subjectsAndRecords({ facts }: DraftInput): DraftSection {
  return {
    title: '3.3 and 3.4 Data subjects and records',
    fields: [
      factField('65, 70', 'Categories of data subjects and data', 'dataCategories', facts),
      factField('68', 'Approximate number of data subjects', 'affectedPeople', facts),
      factField('73', 'Approximate number of records (credentials)', 'affectedCredentials', facts),
      askedField('75', 'Measures in place before', 'platform'),
    ],
  };
}

function consequences({ facts, effects }: DraftInput): DraftSection {
  const done = measuresTaken(effects);
  return {
    title: '4 Consequences, risk, measures',
    fields: [
      factField('33(3)(c)', 'Likely consequences', 'likelyConsequences', facts),
      factField('89', 'Risk to rights and freedoms', 'riskToPeople', facts),
      factField('33(3)(d)', 'Measures taken or proposed', 'measuresTaken', facts),
      ...(done.length > 0 ? [engineField('92', 'Measures carried out', done.join(' '), 'ledger: effects')] : []),
      askedField('94', 'Measures to prevent it from happening again', 'platform'),
    ],
  };
}

function people({ facts }: DraftInput): DraftSection {
  return {
    title: '5 Communication to data subjects',
    fields: [
      factField('97', 'People told', 'peopleTold', facts),
      factField('-', 'Customers told as their processor', 'controllersTold', facts),
    ],
  };
}

function others({ facts, filings }: DraftInput): DraftSection {
  const referral = filings.find(({ kind, state }) => kind === 'law-enforcement' && state !== 'draft');
  const police = referral
    ? engineField('109', 'Reported to law enforcement', referral.state === 'filed' ? 'yes' : 'no', 'ledger: filings')
    : askedField('109', 'Reported to law enforcement', 'counsel');
  return {
    title: '6 Other authorities and countries',
    fields: [
      police,
      factField('113', 'Lead supervisory authority', 'leadAuthority', facts),
      factField('116', 'Countries of the data subjects', 'residents', facts),
    ],
  };
}
