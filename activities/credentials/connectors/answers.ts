import type { DatasetRow } from '../../../contracts/dataset.ts';

/** A text of an answer or a configuration; `''` for anything else. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The texts of a list in an answer; empty for anything else. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}

/** Id of a credential at its issuer; `''` where it has none. */
export function issuerId(row: DatasetRow): string {
  return text(row.attributes['issuerId']);
}

/** Raw value of a credential; `undefined` where it was destroyed, was never there, or may not be opened here. */
export function rawValue(row: DatasetRow): string | undefined {
  const { sealed } = row;
  if (typeof sealed !== 'object' || sealed === null || !('value' in sealed)) return undefined;
  return typeof sealed.value === 'string' && sealed.value !== '' ? sealed.value : undefined;
}
