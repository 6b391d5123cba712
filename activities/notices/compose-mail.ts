const CRLF = '\r\n';
/** Longest encoded line without its end. @source RFC 2045 section 6.7 rule 5 */
const LINE_MAX = 76;
/** Octets of UTF-8 that fit one encoded word of 75 characters in base64. @source RFC 2047 section 2 */
const WORD_OCTETS = 45;
/** Octets that stand for themselves in quoted-printable, and safely through every relay. @source RFC 2045 section 6.7 */
const PLAIN_LINE = /^[\x20-\x3c\x3e-\x7e]*$/;
const QUOTED = Array.from({ length: 256 }, (_, octet) =>
  (octet >= 0x20 && octet <= 0x7e && octet !== 0x3d) || octet === 0x09
    ? String.fromCharCode(octet)
    : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`,
);

/** What a mail is made of. Addresses are strict addr-specs (`isMailAddress`), checked by the caller. */
export interface MailParts {
  /** `From` as a header value, see {@link fromHeader}. */
  readonly from: string;
  readonly to: string;
  /** With angle brackets. */
  readonly messageId: string;
  readonly subject: string;
  readonly at: Date;
  readonly text: string;
  readonly html?: string;
}

/**
 * Writes a mail as it goes over the wire. The same parts give the same bytes, so a repeat of a message is the same message
 * and its hash can stand in a receipt; the pool's own composer takes a random boundary, and half of the time of a send.
 *
 * @source RFC 5322, RFC 2045 to 2047, RFC 3834 section 5 (`Auto-Submitted`)
 */
export function composeMail({ from, to, messageId, subject, at, text, html }: MailParts): Buffer {
  const headers = [
    `From: ${from}`,
    `To: <${to}>`,
    `Subject: ${headerText(subject)}`,
    `Message-ID: ${messageId}`,
    `Date: ${at.toUTCString().replace('GMT', '+0000')}`,
    'MIME-Version: 1.0',
    'Auto-Submitted: auto-generated',
  ].join(CRLF);
  if (html === undefined) return Buffer.from([headers, CRLF, part('plain', text)].join(''), 'latin1');
  const boundary = `=_${messageId.replace(/[^0-9a-zA-Z]/g, '').slice(0, 60)}`; // `=_` cannot stand in quoted-printable
  const lines = [
    `${headers}${CRLF}Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    part('plain', text),
    `--${boundary}`,
    part('html', html),
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join(CRLF), 'latin1');
}

/** Value of a `From` header out of `Name <address>` or an address alone. */
export function fromHeader(from: string): string {
  const [, name = '', address = from] = /^\s*"?([^"<]*?)"?\s*<([^<>]+)>\s*$/.exec(from) ?? [];
  return name === '' ? `<${address.trim()}>` : `${displayName(name)} <${address}>`;
}

function displayName(name: string): string {
  return /^[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*$/.test(name) ? name : headerText(name, true);
}

/** A header's text on one logical line; encoded where it is not plain ASCII. Control characters become spaces. */
function headerText(text: string, isPhrase = false): string {
  const line = text.replace(/[\x00-\x1f\x7f]+/g, ' ').trim();
  if (!isPhrase && /^[\x20-\x7e]*$/.test(line) && !line.includes('=?')) return line;
  const words: string[] = [];
  let word = '';
  for (const character of line) {
    if (Buffer.byteLength(word + character) > WORD_OCTETS) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((one) => `=?UTF-8?B?${Buffer.from(one).toString('base64')}?=`).join(`${CRLF} `);
}

function part(type: 'plain' | 'html', text: string): string {
  return [
    `Content-Type: text/${type}; charset=utf-8`,
    'Content-Transfer-Encoding: quoted-printable',
    '',
    text
      .split(/\r\n|\r|\n/)
      .map(quotedLine)
      .join(CRLF),
  ].join(CRLF);
}

/** One line in quoted-printable; soft line breaks where it is too long. */
function quotedLine(line: string): string {
  if (!PLAIN_LINE.test(line)) return softBreaks(octetsOf(line));
  if (line.length <= LINE_MAX) return line.endsWith(' ') ? `${line.slice(0, -1)}=20` : line;
  const room = LINE_MAX - 1; // for the `=` of the soft break
  const pieces: string[] = [];
  let at = 0;
  while (line.length - at > LINE_MAX) {
    pieces.push(`${line.slice(at, at + room)}=`);
    at += room;
  }
  pieces.push(quotedLine(line.slice(at)));
  return pieces.join(CRLF);
}

function octetsOf(line: string): readonly string[] {
  const octets = [...Buffer.from(line)].map((octet) => QUOTED[octet]!);
  if (/[ \t]$/.test(line)) octets[octets.length - 1] = line.endsWith(' ') ? '=20' : '=09';
  return octets;
}

function softBreaks(octets: readonly string[]): string {
  let done = '';
  let current = '';
  for (const octet of octets) {
    if (current.length + octet.length > LINE_MAX - 1) {
      done += `${current}=${CRLF}`;
      current = '';
    }
    current += octet;
  }
  return done + current;
}
