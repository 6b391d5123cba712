/** A report as mail servers write it (RFC 3464 appendix E). */
export function bounceReport(
  address: string,
  fields: readonly string[] = ['Action: failed', 'Status: 5.1.1 (mailbox unknown)'],
): string {
  return [
    'From: <MAILER-DAEMON@mx.example.org>',
    `To: <${address}>`,
    'Subject: Undelivered mail',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'Sorry.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.org',
    '',
    'Final-Recipient: rfc822; a@example.org',
    ...fields,
    '',
    '--b--',
    '',
  ].join('\r\n');
}

/** A complaint as mailbox providers write it (RFC 5965 appendix B), which name the sender in one place or another. */
export function complaintReport(
  sender: string,
  { type = 'abuse', names = 'report' }: { readonly type?: string; readonly names?: 'report' | 'original' } = {},
): string {
  return [
    'From: <abusedesk@mailbox.example>',
    'To: <abuse@example.org>',
    'Subject: FW: Security incident',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain; charset="US-ASCII"',
    '',
    'This is an email abuse report.',
    '--b',
    'Content-Type: message/feedback-report',
    '',
    `Feedback-Type: ${type}`,
    'User-Agent: SomeGenerator/1.0',
    'Version: 1',
    ...(names === 'report' ? [`Original-Mail-From: <${sender}>`] : []),
    '',
    '--b',
    'Content-Type: message/rfc822',
    'Content-Disposition: inline',
    '',
    ...(names === 'original' ? [`Return-Path: <${sender}>`] : []),
    'From: <security@example.org>',
    'To: <undisclosed@mailbox.example>',
    'Subject: Security incident',
    '',
    'Text.',
    '--b--',
    '',
  ].join('\r\n');
}
