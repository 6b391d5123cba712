import { countries } from '../../contracts/countries.ts';

/** Postal codes of the states of the US, with the District of Columbia and Puerto Rico. @source ISO 3166-2:US */
export const usStates: readonly string[] = [
  'AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC',
  'ND OH OK OR PA PR RI SC SD TN TX UT VT VA WA WV WI WY',
].flatMap((line) => line.split(' '));

/** Provinces whose own law is in the catalogue. @source ISO 3166-2:CA */
const provinces = ['CA-QC'];

/** Member states of the European Union. @source Art. 52 TEU, as of 2026 */
export const euStates: readonly string[] = [
  ...'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE'.split(' '),
];

/** With the states of the European Economic Area, where the GDPR applies too. */
const eeaStates = [...euStates, 'IS', 'LI', 'NO'];

const known = new Set([...countries, ...usStates.map((state) => `US-${state}`), ...provinces, 'EU', 'EEA']);

/** Whether a code names a country, a US state or a group that records know. */
export function isJurisdiction(code: string): boolean {
  return known.has(code);
}

/** Whether people of `code` are people of `group`: itself, a state of its federation, a member of EU or EEA. */
export function isWithin(code: string, group: string): boolean {
  if (code === group || code.startsWith(`${group}-`)) return true;
  if (group === 'EU') return euStates.includes(code);
  return group === 'EEA' && (code === 'EU' || eeaStates.includes(code));
}
