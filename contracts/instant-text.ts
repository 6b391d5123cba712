const INSTANT =
  /^(?:19[7-9]\d|2[01]\d\d)-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/**
 * Pattern of an instant that can start a clock, for JSON Schemas beside `format: date-time`: with its zone, in the one
 * form that every part reads alike, no leap second, 1970 to 2199.
 *
 * @source RFC 3339 5.6, without the lower case and the space that its notes allow
 */
export const INSTANT_PATTERN = INSTANT.source;

/** Milliseconds since 1970 of such an instant; `undefined` for a text that is none. */
export function instantTextMs(text: string): number | undefined {
  const ms = INSTANT.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
