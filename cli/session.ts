import { randomUUID } from 'node:crypto';
import { Api } from './api.ts';
import { findConnection, type Connection, type ConnectionOptions } from './connection.ts';
import type { Terminal } from './terminal.ts';

/** Options that every command has. */
export interface CommonOptions extends ConnectionOptions {
  /** Prints the API's answer as one JSON document. */
  readonly json?: boolean;
  /** Idempotency key of an earlier act that is to be repeated. */
  readonly repeat?: string;
}

/** What a command works with. */
export class Session {
  readonly terminal: Terminal;
  readonly #options: CommonOptions;
  #api: Api | undefined;

  constructor(options: CommonOptions, terminal: Terminal) {
    this.terminal = terminal;
    this.#options = options;
  }

  /** The API; found when it is first needed, since some commands work without. @throws CLI_NOT_CONFIGURED */
  get api(): Api {
    return (this.#api ??= new Api(this.connection, this.terminal.fetch));
  }

  /** Where the gateway is, and who speaks to it. @throws CLI_NOT_CONFIGURED */
  get connection(): Connection {
    return findConnection(this.#options, this.terminal);
  }

  /** Characters of a line of the screen; `undefined` where the answer goes into a file or a pipe. */
  get width(): number | undefined {
    return this.terminal.screen?.columns;
  }

  get isJson(): boolean {
    return this.#options.json === true;
  }

  /** Idempotency key of this act. */
  newKey(): string {
    return this.#options.repeat ?? randomUUID();
  }

  /** Prints an answer: as JSON where that was asked for, else as lines for people. */
  show(answer: unknown, lines: () => readonly string[]): void {
    this.terminal.write(this.isJson ? `${JSON.stringify(answer, undefined, 2)}\n` : `${lines().join('\n')}\n`);
  }
}
