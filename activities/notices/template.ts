/** Writes what a template makes of a view. @throws TemplateFault for a value that is not there or cannot be printed. */
export type Fill = (view: object) => string;

/** What is wrong with a template or with what it was given. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault';
}

type Scope = Readonly<Record<string, unknown>>;
type Write = (scope: Scope) => string;
type Read = (scope: Scope) => unknown;

interface Branch {
  /** Absent in `else`. */
  readonly when?: Read;
  readonly parts: Write[];
}

/** An open tag and the parts inside it so far. */
type Frame =
  | { readonly tag: 'root'; readonly parts: Write[] }
  | { readonly tag: 'if'; readonly branches: Branch[]; parts: Write[] }
  | { readonly tag: 'for'; readonly variable: string; readonly list: Read; readonly parts: Write[] };

const TAG = /\{%([\s\S]*?)%\}|\{\{([\s\S]*?)\}\}/g;
const PATH = /^[a-zA-Z_][\w-]*(?:\.[a-zA-Z_][\w-]*)*$/;
const FOR = /^([a-zA-Z_]\w*)\s+in\s+(\S+)$/;

/**
 * Compiles the part of Liquid that texts may use (output, `if` on presence, `for` over a list) to closures.
 *
 * A notice is rendered between claim and send, while a connection waits: liquidjs takes a fifth of the time of a whole
 * send, this a hundredth. That both write the same is tested (see docs/decisions/0005).
 *
 * @param escape - applied to every value that is printed, never to the template.
 * @throws TemplateFault for anything else than that part of Liquid.
 */
export function compileTemplate(source: string, escape: (text: string) => string = (text) => text): Fill {
  const root: Frame = { tag: 'root', parts: [] };
  const frames: Frame[] = [root];
  let at = 0;
  for (const match of source.matchAll(TAG)) {
    literal(frames, source.slice(at, match.index));
    at = match.index + match[0].length;
    const [, tag, output] = match;
    if (output === undefined) openOrClose(frames, tag!.trim());
    else {
      const read = pathOf(output.trim());
      top(frames).parts.push((scope) => escape(printed(read(scope), output)));
    }
  }
  literal(frames, source.slice(at));
  if (frames.length > 1) throw new TemplateFault(`\`${top(frames).tag}\` is not closed`);
  const write = all(root.parts);
  return (view) => write(view as Scope);
}

function literal(frames: readonly Frame[], text: string): void {
  if (/\{[{%]/.test(text)) throw new TemplateFault('a tag is not closed');
  if (text !== '') top(frames).parts.push(() => text);
}

function openOrClose(frames: Frame[], tag: string): void {
  const [name, rest] = [/^\w*/.exec(tag)![0], tag.replace(/^\w*\s*/, '')];
  const frame = top(frames);
  if (name === 'if') {
    const parts: Write[] = [];
    frames.push({ tag: 'if', branches: [{ when: pathOf(rest), parts }], parts });
  } else if (name === 'for') {
    if (frames.some((outer) => outer.tag === 'for')) throw new TemplateFault('a loop stands inside another');
    const [, variable = '', list = ''] = FOR.exec(rest) ?? [];
    frames.push({ tag: 'for', variable, list: pathOf(list), parts: [] });
  } else if ((name === 'elsif' || name === 'else') && frame.tag === 'if') {
    frame.parts = [];
    frame.branches.push({ ...(name === 'else' ? {} : { when: pathOf(rest) }), parts: frame.parts });
  } else if (name === `end${frame.tag}`) {
    frames.pop();
    top(frames).parts.push(frame.tag === 'for' ? repeat(frame) : choose((frame as Frame & { tag: 'if' }).branches));
  } else throw new TemplateFault(`\`${tag}\` is not part of what texts may use`);
}

function repeat({ variable, list, parts }: Frame & { readonly tag: 'for' }): Write {
  const write = all(parts);
  return (scope) => {
    const items = list(scope);
    if (!Array.isArray(items)) throw new TemplateFault(`what \`${variable}\` loops over is no list`);
    return items.map((item: unknown) => write({ ...scope, [variable]: item })).join('');
  };
}

function choose(branches: readonly Branch[]): Write {
  const written = branches.map(({ when, parts }) => ({ when, write: all(parts) }));
  return (scope) => written.find(({ when }) => !when || isThere(when(scope)))?.write(scope) ?? '';
}

/** Liquid: everything but false and nil is true, 0 and the empty string too. */
function isThere(value: unknown): boolean {
  return value !== null && value !== false;
}

function all(parts: readonly Write[]): Write {
  return (scope) => {
    let text = '';
    for (const part of parts) text += part(scope);
    return text;
  };
}

function pathOf(path: string): Read {
  if (!PATH.test(path)) throw new TemplateFault(`\`${path}\` is no plain value`);
  const keys = path.split('.');
  return (scope) => {
    let value: unknown = scope;
    for (const key of keys) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
        throw new TemplateFault(`there is no \`${path}\``);
      value = (value as Scope)[key];
    }
    return value;
  };
}

function printed(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null) return '';
  if (Array.isArray(value)) return value.map((entry: unknown) => printed(entry, path)).join('');
  throw new TemplateFault(`\`${path.trim()}\` cannot be printed`);
}

function top(frames: readonly Frame[]): Frame {
  return frames.at(-1)!;
}
