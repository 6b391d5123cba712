import { errorEntry, errorRegistry, type ErrorCode } from '../contracts/errors.ts';

const HEAD = `<!-- Generated from contracts/errors.ts by docs/generate.ts. Do not edit: run \`npm run generate\`. -->
<!-- markdownlint-disable MD038 -->

# Error codes

Every foreseen failure has a code. Its text is \`[CODE] what failed. What to do.\`; programs branch on the code, never on the text. Codes are never renamed and never used for something else.

| column | what it says |
|---|---|
| kind | \`rejected\`: refused before anything was done. \`terminal\`: the same again cannot help. \`retryable\`: tried again by itself, or worth sending again. \`paused\`: waits for a person |
| effect | what the outside world has seen: \`none\`, \`applied\`, \`unknown\` |
| who | who can do something about it |
| HTTP | status of the problem document (RFC 9457) where it reaches the API |
`;

/** A cell of a Markdown table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function row(code: ErrorCode): string {
  const { kind, effect, actor, http, message, remedy } = errorEntry(code);
  return `| \`${code}\` | ${cell(message)} | ${cell(remedy)} | ${kind} | ${effect} | ${actor} | ${http} |`;
}

/** \`docs/errors.md\`: every code by area, in alphabetical order. */
export function errorReference(): string {
  const areas = new Map<string, ErrorCode[]>();
  for (const code of (Object.keys(errorRegistry) as ErrorCode[]).sort()) {
    const area = code.slice(0, code.indexOf('_'));
    areas.set(area, [...(areas.get(area) ?? []), code]);
  }
  const sections = [...areas].map(([area, codes]) =>
    [
      `## ${area}`,
      '',
      '| code | means | what to do | kind | effect | who | HTTP |',
      '|---|---|---|---|---|---|---|',
      ...codes.map(row),
    ].join('\n'),
  );
  return `${[HEAD.trimEnd(), ...sections].join('\n\n')}\n`;
}
