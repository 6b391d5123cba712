import { endpoints } from '../gateway/http/endpoints/all.ts';
import { openApiOf } from '../gateway/http/openapi.ts';

/** `docs/openapi.json`: the document that `GET /v1/openapi.json` serves. */
export function openApiReference(): string {
  return `${JSON.stringify(openApiOf(endpoints), undefined, 2)}\n`;
}
