import type { Terminal } from '../../../cli/terminal.ts';

/** A terminal whose person, input and gateway a test writes. */
export interface ScriptedTerminal extends Terminal {
  readonly written: () => string;
  readonly warned: () => string;
  /** What was asked of the person. */
  readonly questions: readonly string[];
}

/** What a test says of a terminal; the rest is nobody, nothing and nowhere. */
export interface Script {
  /** Answers of the person, in order; given, a person sits there. */
  readonly answers?: readonly string[];
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Given, standard output is a screen of that size. */
  readonly screen?: Terminal['screen'];
  readonly fetch?: typeof fetch;
}

/** Makes a terminal for one command line. */
export function scriptedTerminal({
  answers,
  input = '',
  environment = {},
  folder = '/nowhere',
  screen,
  fetch: fetch_ = () => Promise.reject(new TypeError('no network in a unit test')),
}: Script = {}): ScriptedTerminal {
  const out: string[] = [];
  const errors: string[] = [];
  const questions: string[] = [];
  const left = [...(answers ?? [])];
  return {
    write: (text) => void out.push(text),
    warn: (text) => void errors.push(text),
    ask: (question) => {
      questions.push(question);
      return Promise.resolve(left.shift() ?? '');
    },
    askSecret: (question) => {
      questions.push(question);
      return Promise.resolve(left.shift() ?? '');
    },
    isTerminal: answers !== undefined,
    ...(screen ? { screen } : {}),
    readInput: () => Promise.resolve(input),
    environment,
    folder,
    fetch: fetch_,
    pause: () => Promise.resolve(),
    written: () => out.join(''),
    warned: () => errors.join(''),
    questions,
  };
}

/** A gateway that answers by `METHOD /path`; a number as answer is a status with a problem document. */
export function scriptedGateway(
  answers: Readonly<Record<string, unknown>>,
  asked: { readonly line: string; readonly body: unknown; readonly key: string | null }[] = [],
): typeof fetch {
  return (input, init = {}) => {
    const { pathname, search } = new URL(input);
    const line = `${init.method ?? 'GET'} ${pathname.replace('/v1', '')}${search}`;
    const headers = new Headers(init.headers);
    asked.push({
      line,
      body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined,
      key: headers.get('idempotency-key'),
    });
    const answer = answers[line];
    if (answer === undefined) return Promise.reject(new TypeError(`nobody answers ${line}`));
    return Promise.resolve(answer instanceof Response ? answer.clone() : Response.json(answer));
  };
}
