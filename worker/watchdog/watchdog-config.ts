import { mailServerProperties } from '../../activities/notices/mailer.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** `watchdog:` of `firebreak.yaml`; read by the watchdog, and by the workers that report to it. */
export interface WatchdogConfig {
  /** Where it listens; loopback by default. */
  readonly host: string;
  readonly port: number;
  /** Where workers reach it; `http://<host>:<port>` by default. */
  readonly url: string;
  /** Reference of the key that workers show. */
  readonly token: string;
  /** Its own file of due times; absolute. */
  readonly file: string;
  /** Engine silence that is alarmed, ISO 8601 duration; default PT5M. */
  readonly silenceAfter: string;
  /** Alarms by mail, past engine and chat. */
  readonly mail?: {
    readonly host: string;
    readonly port: number;
    readonly secure?: boolean;
    readonly user?: string;
    readonly pass?: string;
    readonly from: string;
    readonly to: readonly string[];
  };
  /** Alarms as JSON `{id, severity, subject, text}` to a paging service. */
  readonly webhook?: { readonly url: string; readonly token?: string };
}

const reference: JsonObject = { type: 'string', pattern: '^(env|file):.+' };
const address: JsonObject = { type: 'string', pattern: '^[^@\\s]+@[^@\\s]+$' };
const url: JsonObject = { type: 'string', pattern: '^https?://[^/]+' };

/** JSON Schema 2020-12 of `watchdog:`. */
export const watchdogSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['port', 'token', 'file'],
  anyOf: [{ required: ['mail'] }, { required: ['webhook'] }],
  properties: {
    host: { type: 'string', minLength: 1 },
    port: { type: 'integer', minimum: 0, maximum: 65_535 },
    url,
    token: reference,
    file: { type: 'string', minLength: 1 },
    silenceAfter: { type: 'string', pattern: '^P(?=.)(\\d+D)?(T(?=.)(\\d+H)?(\\d+M)?(\\d+S)?)?$' },
    mail: {
      type: 'object',
      additionalProperties: false,
      required: ['host', 'port', 'from', 'to'],
      properties: { ...mailServerProperties, from: address, to: { type: 'array', minItems: 1, items: address } },
    },
    webhook: {
      type: 'object',
      additionalProperties: false,
      required: ['url'],
      properties: { url, token: reference },
    },
  },
};
