import { askedField, engineField, factField } from './fields.ts';
import { completeDraft, type Draft, type DraftInput } from './draft.ts';
import { findingPhrase, instantPhrase, wordingNote } from './wording.ts';
import { measuresTaken } from './measures.ts';

/**
 * Drafts the referral to law enforcement: facts, what was preserved, whom to call; no personal data of victims.
 *
 * @source section names of the FBI IC3 complaint form; national forms ask for the same
 */
export function draftLawEnforcementReferral(input: DraftInput): Draft {
  const { facts, dueAt } = input;
  return completeDraft({
    title: 'Referral of suspected unauthorised access to law enforcement',
    notes: [
      dueAt === undefined
        ? 'No date is set.'
        : `Target date ${instantPhrase(dueAt)}: set by policy of the organisation, no statute names one.`,
      'Only what is known is stated; a false statement to law enforcement may be an offence.',
      wordingNote(facts),
    ],
    sections: [victim(input), event(input), subjects(input), preserved(input)],
  });
}

function victim({ incident, facts, preparedAt }: DraftInput): Draft['sections'][number] {
  return {
    title: 'Victim and contact',
    fields: [
      askedField('victim', 'Organisation: name, address', 'counsel'),
      factField('contact', 'Contact point', 'contactPoint', facts),
      engineField('reference', 'Own reference', incident, 'engine'),
      engineField('prepared', 'Prepared', instantPhrase(preparedAt), 'engine'),
      factField('suspicion', 'A crime is suspected', 'crimeSuspected', facts),
    ],
  };
}

function event({ facts, effects }: DraftInput): Draft['sections'][number] {
  const done = measuresTaken(effects);
  return {
    title: 'Description of the incident',
    fields: [
      factField('when', 'When it happened', 'occurredAt', facts),
      factField('detected', 'When it was detected', 'detectedAt', facts),
      factField('ended', 'When the way in was closed', 'entryClosedAt', facts),
      factField('what', 'What happened', 'natureOfBreach', facts),
      factField('credentials', 'Credentials in scope', 'affectedCredentials', facts),
      factField('people', 'People in scope', 'affectedPeople', facts),
      factField('countries', 'Countries of the people concerned', 'residents', facts),
      ...(done.length > 0 ? [engineField('measures', 'Measures carried out', done.join(' '), 'ledger: effects')] : []),
      askedField('loss', 'Financial loss', 'counsel'),
    ],
  };
}

function subjects({ facts }: DraftInput): Draft['sections'][number] {
  return {
    title: 'Information about the subject',
    fields: [
      askedField('subject', 'Who is suspected: addresses, accounts, names', 'counsel'),
      factField('misuse', 'Misuse of what was exposed', 'misuseFound', facts, findingPhrase),
      factField('copies', 'Copies left the company', 'exfiltrationFound', facts, findingPhrase),
    ],
  };
}

function preserved({ evidence }: DraftInput): Draft['sections'][number] {
  return {
    title: 'Evidence preserved',
    fields:
      evidence.length === 0
        ? [askedField('evidence', 'Evidence preserved', 'commander')]
        : evidence.map(({ name, digest, takenAt }) =>
            engineField('evidence', name, `SHA-256 ${digest}, taken ${instantPhrase(takenAt)}`, 'ledger: evidence'),
          ),
  };
}
