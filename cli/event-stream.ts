/** One server-sent event. */
export interface StreamEvent {
  readonly id?: string;
  /** Its type; `message` where the stream says nothing. */
  readonly event: string;
  readonly data: string;
}

const BREAK = /\r\n|\r|\n/;
const BLOCK_END = /\r\n\r\n|\n\n|\r\r/;

function eventOf(block: string): StreamEvent | undefined {
  const fields = { event: 'message', data: [] as string[], id: undefined as string | undefined };
  for (const line of block.split(BREAK)) {
    const at = line.indexOf(':');
    const [name, value] = at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')];
    if (name === 'data') fields.data.push(value);
    else if (name === 'id') fields.id = value;
    else if (name === 'event') fields.event = value;
  }
  if (fields.data.length === 0) return undefined; // a comment keeps the line open and says nothing
  const { event, data, id } = fields;
  return { event, data: data.join('\n'), ...(id === undefined ? {} : { id }) };
}

/**
 * Takes a stream of server-sent events apart as it arrives.
 *
 * @source HTML Living Standard, 9.2.6 Interpreting an event stream
 */
export class EventReader {
  readonly #decoder = new TextDecoder();
  #rest = '';

  /** @returns the events that a chunk completes; comments are none. */
  take(chunk: Uint8Array): readonly StreamEvent[] {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    const blocks = this.#rest.split(BLOCK_END);
    this.#rest = blocks.pop()!;
    return blocks.flatMap((block) => eventOf(block) ?? []);
  }
}
