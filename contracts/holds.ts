import type { PersonAttributes } from './dataset.ts';

/** Audiences of a hold: everyone, one relation, readers of one language, one person by the subject that receipts show. */
const AUDIENCE = /^(?:everyone|people|controllers|locale:[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*|person:[0-9a-f]{32})$/;

/** Whether a text names whom a hold covers. */
export function isHoldAudience(text: string): boolean {
  return AUDIENCE.test(text);
}

/** What says whether a reader is covered. */
export interface Reader {
  /** Subject of the reader's row. */
  readonly subject: string;
  readonly attributes: Partial<Pick<PersonAttributes, 'locale' | 'relation'>>;
}

/**
 * Whether a hold's audience covers a reader.
 *
 * `people` are all but the contacts of customers, who are `controllers`; `locale:de` covers `de-AT` too.
 */
export function covers(audience: string, { subject, attributes }: Reader): boolean {
  const { locale = '', relation } = attributes;
  const [kind, value = ''] = audience.split(':');
  switch (kind) {
    case 'everyone':
      return true;
    case 'controllers':
      return relation === 'controller';
    case 'people':
      return relation !== 'controller';
    case 'locale':
      return locale === value || locale.startsWith(`${value}-`);
    default:
      return subject === value;
  }
}
