/** A word of legal weight, with the condition that carries it. */
export interface WeightyWord {
  readonly pattern: RegExp;
  /** One of these stands in every hit, in lower case: who looks at many texts asks for them first. */
  readonly stems: readonly string[];
  /** Path that an enclosing `if` must name; also how the fact is shown to templates. */
  readonly needs: string;
}

/** A pattern of words: a space stands for white space, emphasis marks, or both. */
function phrase(source: string): RegExp {
  return new RegExp(source.replaceAll(' ', '[\\s*_]+'), 'giu');
}

const DONE_TO = '(?:revoked|invalidated|disabled|deactivated|deleted|killed)';
const AN = '(?:widerrufen|gesperrt|ungültig gemacht|deaktiviert|gelöscht)';

/**
 * Sentences that claim that a credential is dead: true only of one that was verified dead, so in a template they stand
 * inside `if s.dead`. English and German; "not revoked" and "nicht widerrufen" are no claims.
 */
export const deathClaims: readonly RegExp[] = [
  phrase(`\\bwe(?: have| also| now| already)*? ${DONE_TO}\\b`),
  phrase(`\\b(?:is|are|was|were|been)(?: now| already| therefore)*? (?:${DONE_TO}|dead|useless)\\b`),
  phrase('\\bno longer (?:works?|valid|active|usable|functions?)\\b'),
  phrase('\\b(?:stopped working|can no longer be used)\\b'),
  phrase(`\\b(?:haben|hat) (?:(?!nicht\\b|noch\\b|kein)[^.\\s]+ ){0,8}?${AN}`),
  phrase(
    `\\b(?:ist|sind|wurde|wurden|worden)(?: jetzt| nun| bereits| damit)*? (?:${AN}|ungültig|wertlos|tot)(?![a-zäöüß])`,
  ),
  phrase('\\bfunktionier(?:t|en) nicht mehr\\b'),
  phrase('\\bnicht mehr (?:gültig|nutzbar|verwendbar|aktiv)'),
];

/** One of these stands in every claim, in lower case. */
export const claimStems: readonly string[] = [
  ...['revoked', 'invalidated', 'disabled', 'deactivated', 'deleted', 'killed', 'dead', 'useless', 'no longer'],
  ...['stopped', 'widerrufen', 'gesperrt', 'ungültig', 'deaktiviert', 'gelöscht', 'wertlos', 'tot', 'nicht'],
];

/**
 * Words with legal weight, each with the fact that must have been decided before they may be used.
 *
 * @source GDPR Art. 4(12) (personal data breach is a legal conclusion); facts `personalDataBreach`, `exfiltrationFound`,
 *   `misuseFound` are decisions of persons.
 */
export const weightyWords: readonly WeightyWord[] = [
  { pattern: phrase('\\bbreach(?:es|ed)?\\b'), stems: ['breach'], needs: 'facts.personalDataBreach' },
  {
    pattern: phrase('(?:Daten(?:panne|leck|schutzverletzung)|Verletzung des Schutzes)'),
    stems: ['datenpanne', 'datenleck', 'verletzung'],
    needs: 'facts.personalDataBreach',
  },
  {
    pattern: phrase('\\b(?:stole|stolen|theft|exfiltrat\\w*)\\b'),
    stems: ['stole', 'theft', 'exfiltrat'],
    needs: 'facts.exfiltrationFound.found',
  },
  {
    pattern: phrase('(?:gestohlen|entwendet|Datendiebstahl|\\bDiebstahl|exfiltriert|abgeflossen)'),
    stems: ['gestohlen', 'entwendet', 'diebstahl', 'exfiltriert', 'abgeflossen'],
    needs: 'facts.exfiltrationFound.found',
  },
  {
    pattern: phrase('\\bno (?:evidence|indications?|signs?) (?:of|that)\\b'),
    stems: ['evidence', 'indication', 'sign'],
    needs: 'facts.misuseFound.notFound',
  },
  {
    pattern: phrase('\\bkeine(?:rlei)? (?:Hinweise?|Anhaltspunkte?|Belege?|Anzeichen)'),
    stems: ['hinweis', 'anhaltspunkt', 'beleg', 'anzeichen'],
    needs: 'facts.misuseFound.notFound',
  },
];

/** What no notice may hold, whoever wrote it: it would look like phishing, or teach people to trust phishing. */
export const unsafeInNotices: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\bhttps?:\/\/|\bwww\.|\bmailto:/giu, why: 'a link other than the page of the notice' },
  { pattern: /\]\s*\(/gu, why: 'a link behind a word' },
  { pattern: /<\/?[a-z!][^>]*>/giu, why: 'HTML' },
  { pattern: phrase('\\b(?:log|sign) ?in(?: to)?\\b|\\blogin\\b'), why: 'a request to log in' },
  {
    pattern: phrase('\\b(?:einloggen|anmelden|log(?:gen|ge) Sie sich)\\b|\\bmelden Sie sich [^.]{0,60}\\ban\\b'),
    why: 'a request to log in',
  },
  { pattern: phrase('\\bclick(?:ing)?\\b|\\bklick\\w*|\\bbutton\\b|Schaltfläche'), why: 'something to click' },
  { pattern: phrase('\\battach(?:ed|ment|ments)\\b|\\bAnhang\\b|\\banbei\\b|\\bbeigefügt'), why: 'an attachment' },
  {
    pattern: phrase('\\b(?:reply|respond) to this\\b|\\breply with\\b|\\bantworten Sie\\b'),
    why: 'a request to reply',
  },
  {
    pattern: phrase('\\bunsubscribe\\b|\\babbestellen\\b|\\babmelden\\b'),
    why: 'a way to unsubscribe: nobody may miss it',
  },
  {
    pattern: phrase(
      '\\b(?:send|tell|give|enter|confirm|type)(?: us)?(?: in)? your (?:password|token|secret|key|code)s?\\b',
    ),
    why: 'a request for a secret',
  },
  {
    pattern: phrase(
      '\\b(?:senden|schicken|nennen|geben|bestätigen) Sie (?:uns )?(?:bitte )?Ihr(?:e|en)? (?:Passwort|Kennwort|Token|Geheimnis|Schlüssel)',
    ),
    why: 'a request for a secret',
  },
];

/** Parts that every notice has; each is a heading or paragraph that ends with `{#part}`. */
export const noticeParts: Readonly<Record<string, string>> = {
  happened: 'what happened',
  secrets: 'which secrets of the reader',
  consequences: 'likely consequences',
  done: 'what we did',
  do: 'what the reader can do',
  contact: 'whom to ask',
  'open-yourself': 'that the reader opens our site by hand',
};
