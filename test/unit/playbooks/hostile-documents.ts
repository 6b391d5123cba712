/** A document that means harm. */
export interface HostileDocument {
  readonly name: string;
  readonly text: string;
}

/** Numbers from a seed, 0 to below 1, the same on every machine (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const HEAD = 'apiVersion: firebreak/v1\nkind: Playbook\nmetadata: {name: hostile, title: Hostile, version: 1}\n';
const KIB = 1024;
const FULL = 63 * KIB;

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');
const upTo = (bytes: number, piece: string): string => piece.repeat(Math.max(1, Math.floor(bytes / piece.length)));
const step = (body: string): string =>
  `${HEAD}steps:\n  - {id: a, uses: http.request, with: {host: h, method: POST, path: "${body}"}}\n`;
const when = (source: string): string =>
  `${HEAD}steps:\n  - id: a\n    uses: incident.report\n    when: '\${{ ${source} }}'\n`;

/** Families of hostile documents, each by a size from 0 to 1. */
const families: Readonly<Record<string, (size: number, random: () => number) => string>> = {
  'nested lists': (size) => '['.repeat(1 + FULL * size),
  'nested mappings': (size) => '{a: '.repeat(1 + (FULL / 4) * size),
  'closed nested lists': (size) => `${'['.repeat(1 + (FULL / 2) * size)}${']'.repeat(1 + (FULL / 2) * size)}`,
  'compact sequences': (size) => '- '.repeat(1 + (FULL / 2) * size),
  'compact keys': (size) => '? '.repeat(1 + (FULL / 2) * size),
  'indented keys': (size) => lines(2 + 340 * size, (index) => `${' '.repeat(index)}a:`),
  'indented sequences': (size) => lines(2 + 30 * size, (index) => `${' '.repeat(60 * index)}${'- '.repeat(30)}`),
  'keys and sequences': (size) =>
    lines(2 + 240 * size, (index) => `${' '.repeat(index)}${index % 2 === 0 ? 'a:' : '- a:'}`),
  laughs: (size) => lines(2 + 60 * size, (index) => `a${index}: &a${index} [*a${index - 1}, *a${index - 1}]`),
  'many keys': (size) => lines(2 + 2_600 * size, (index) => `k${index}: v`),
  'one key often': (size) => lines(2 + 2_600 * size, () => 'k: v'),
  'many flow keys': (size) => `{${Array.from({ length: 2 + 1_900 * size }, (_, index) => `k${index}: v`).join(', ')}}`,
  'many commas': (size) => `[${','.repeat(FULL * size)}]`,
  'many colons': (size) => upTo(FULL * size, ': '),
  'long plain text': (size) => `a: ${upTo(FULL * size, 'x ')}`,
  'text of many lines': (size) => `a: x\n${upTo(FULL * size, '  x\n')}`,
  'blank lines': (size) => `a: x\n${upTo(FULL * size, '\n')}  y`,
  comments: (size) => upTo(FULL * size, '# c\n'),
  'comments behind values': (size) => upTo(FULL * size, 'a: b # c\n'),
  'open double quote': (size) => `a: "${upTo(FULL * size, 'x\\n')}`,
  escapes: (size) => `a: "${upTo(FULL * size, '\\u0041')}"`,
  'open single quote': (size) => `a: '${upTo(FULL * size, "x''")}`,
  'block text': (size) => `a: |9\n${upTo(FULL * size, '         x\n')}`,
  'folded text': (size) => `a: >+\n${upTo(FULL * size, '  x\n\n')}`,
  tabs: (size) => upTo(FULL * size, '\t'),
  'carriage returns': (size) => upTo(FULL * size, 'a: b\r'),
  tags: (size) => upTo(FULL * size, '!!map '),
  documents: (size) => upTo(FULL * size, '---\n'),
  directives: (size) => upTo(FULL * size, '%TAG ! x\n'),
  'zero bytes': (size) => upTo(FULL * size, '\u0000'),
  'lone surrogates': (size) => `a: ${upTo((FULL / 3) * size, '\ud800')}`,
  noise: (size, random) =>
    Array.from({ length: FULL * size }, () => String.fromCharCode(32 + Math.floor(random() * 95))).join(''),
  indicators: (size, random) =>
    Array.from({ length: FULL * size }, () => '[]{},:-?|>&*!%@`"\'# \n'[Math.floor(random() * 23)]).join(''),
  'too large': (size) => 'x'.repeat(64 * KIB + 1 + 4_096 * KIB * size),
  'steps without shape': (size) => `${HEAD}steps:\n${lines(2 + 490 * size, () => '  - []')}`,
  'steps that need nothing known': (size) =>
    `${HEAD}steps:\n${lines(2 + 490 * size, (index) => `  - {id: a${'b'.repeat(30)}${index}, needs: [a${'c'.repeat(20)}${index}], uses: x}`)}`,
  'one long chain': (size) =>
    `${HEAD}steps:\n${lines(2 + 490 * size, (index) => `  - {id: a${index}, needs: [a${index + 1}], uses: incident.report}`)}`,
  'needs of everything': (size) =>
    `${HEAD}steps:\n${lines(2 + 58 * size, (index) => `  - {id: a${index}, uses: incident.report, needs: [${Array.from({ length: index }, (_, other) => `a${other}`).join(', ')}]}`)}`,
  'wrong needs': (size) =>
    `${HEAD}steps:\n  - {id: a, uses: x, needs: [${Array.from({ length: 2 + 1_400 * size }, () => '{x: 1}').join(', ')}]}`,
  'revocations that nothing verifies': (size) =>
    `${HEAD}steps:\n${lines(2 + 490 * size, (index) => `  - {id: a${index}, uses: credentials.${index % 2 === 0 ? 'revoke' : 'verify'}, forEach: "\${{ inputs.t }}"}`)}`,
  'many expressions': (size) => step(upTo((FULL - 200) * size, '${{ incident.id }}')),
  'many different expressions': (size) =>
    step(Array.from({ length: 2 + 2_900 * size }, (_, index) => `\${{ inputs.a${index} }}`).join('')),
  'open expressions': (size) => step(upTo((FULL - 200) * size, '${{ ')),
  'quotes in expressions': (size) => step(upTo((FULL - 200) * size, "${{ ' ")),
  'steps with open expressions': (size) =>
    `${HEAD}steps:\n${lines(2 + 400 * size, (index) => `  - {id: a${index}, uses: chat.topic, with: {text: "${'${{'.repeat(20)}"}}`)}`,
  'deep parentheses': (size) => when(`${'('.repeat(1 + 480 * size)}true${')'.repeat(1 + 480 * size)}`),
  'deep negations': (size) => when(`${'!'.repeat(1 + 960 * size)}true`),
  'wide conditions': (size) => when(`true${' && true'.repeat(1 + 120 * size)}`),
  'deep conditionals': (size) => when(`${'true ? true : '.repeat(1 + 68 * size)}true`),
  'deep indexes': (size) => when(`inputs${'[0]'.repeat(1 + 300 * size)}`),
  'costly patterns': (size) => when(`"${'a'.repeat(1 + 900 * size)}".matches("^(a+)+$")`),
  'nested comprehensions': (size) => when(`${'[1,2].all(x, '.repeat(1 + 60 * size)}true${')'.repeat(1 + 60 * size)}`),
  'long list of a literal': (size) => when(`[${'1,'.repeat(1 + 480 * size)}1].size() > 0`),
  'inputs of many properties': (size) =>
    `${HEAD}inputs:\n  type: object\n  additionalProperties: false\n  properties:\n${lines(2 + 1_000 * size, (index) => `    k${index}: {type: string}`)}\nsteps:\n  - {id: a, uses: incident.report}\n`,
  'inputs that refer to themselves': (size) =>
    `${HEAD}inputs:\n  type: object\n  additionalProperties: false\n  properties:\n${lines(2 + 60 * size, (index) => `    k${index}: {$ref: "#/properties/k${index + 1}"}`)}\nsteps:\n  - {id: a, uses: incident.report}\n`,
  'inputs of nested unions': (size) => {
    const depth = 1 + Math.floor(28 * size);
    return `${HEAD}inputs: {type: object, additionalProperties: false, properties: {a: ${'{anyOf: ['.repeat(depth)}{}${']}'.repeat(depth)}}}\nsteps:\n  - {id: a, uses: incident.report}\n`;
  },
  'inputs with a costly pattern': (size) =>
    `${HEAD}inputs: {type: object, additionalProperties: false, properties: {a: {type: string, pattern: "^(${'a+'.repeat(1 + 2_000 * size)})+$"}}}\nsteps:\n  - {id: a, uses: incident.report}\n`,
  'names of the language itself': (size) =>
    `${HEAD}roles: {__proto__: {title: x}, constructor: {title: y}}\nsteps:\n${lines(2 + 100 * size, (index) => `  - {id: a${index}, uses: __proto__, with: {__proto__: {of: constructor}, of: toString}}`)}`,
};

/** Pieces of a good playbook in a wrong order, cut off, doubled. */
function mutated(good: string, random: () => number): string {
  const pieces = good.split(/(?<=[\s,{}[\]:])/);
  for (let change = 0; change < 1 + random() * 20; change += 1) {
    const at = Math.floor(random() * pieces.length);
    const kind = Math.floor(random() * 4);
    if (kind === 0) pieces.splice(at, 1);
    else if (kind === 1) pieces.splice(at, 0, pieces[Math.floor(random() * pieces.length)]!);
    else if (kind === 2) pieces[at] = '[]{},:-?|>&*!%@`"\'#\n'[Math.floor(random() * 22)] ?? '';
    else pieces.splice(at, Math.floor(random() * 30));
  }
  return pieces.join('');
}

/**
 * Documents that mean harm: every family in several sizes, then a good playbook damaged at random.
 *
 * @param good - the text of a playbook that lints.
 */
export function hostileDocuments(count: number, seed: number, good: string): readonly HostileDocument[] {
  const random = randomOf(seed);
  const sizes = [1, 0.5, 0.1, 0.02];
  const grown = sizes.flatMap((size) =>
    Object.entries(families).map(([name, grow]) => ({ name: `${name}, size ${size}`, text: grow(size, random) })),
  );
  const damaged = Array.from({ length: Math.max(0, count - grown.length) }, (_, index) => ({
    name: `damaged playbook ${index}`,
    text: mutated(good, random),
  }));
  return [...grown, ...damaged].slice(0, count);
}
