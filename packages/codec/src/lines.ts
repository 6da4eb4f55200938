import { InputError } from '@gridpass/core';
import { decodeUtf8 } from './utf8.js';

/** How lines are read. */
export interface LineRules {
  /** Longest line in bytes, without its end; 16 MiB unless given. */
  readonly maxBytes?: number;
  /** Whether `\r\n` ends a line as `\n` does, for files that people edit and carry about; no, unless given. */
  readonly crlf?: boolean;
}

const MAX_BYTES = 16 * 1024 * 1024;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * The lines of UTF-8 bytes, without their ends; the last one needs no end. Only `\n` ends a line: texts in JSON may hold whatever else
 * ends one for some readers, such as U+2028. Bytes are put together before they are decoded, wherever they were cut. InputError
 * REQUEST_MALFORMED, with the number of the line, for one that is too long or no UTF-8.
 *
 * @example for await (const line of toLines(createReadStream('log.ndjson'))) parse(line);
 */
export async function* toLines(chunks: AsyncIterable<Uint8Array>, rules: LineRules = {}): AsyncGenerator<string> {
  const pending = new PendingLine(rules);
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      pending.add(chunk.subarray(from, end));
      yield pending.take(true);
      from = end + 1;
    }
    if (from < chunk.length) pending.add(chunk.subarray(from));
  }
  if (pending.bytes > 0) yield pending.take(false);
}

/** What is here of the line that is being read. */
class PendingLine {
  readonly #maxBytes: number;
  readonly #crlf: boolean;
  #pieces: Uint8Array[] = [];
  #number = 1;
  bytes = 0;

  constructor({ maxBytes = MAX_BYTES, crlf = false }: LineRules) {
    this.#maxBytes = maxBytes;
    this.#crlf = crlf;
  }

  add(piece: Uint8Array): void {
    this.bytes += piece.length;
    // A byte more while its end is not here: that may be the first of `\r\n`.
    if (this.bytes > this.#maxBytes + (this.#crlf ? 1 : 0)) throw this.#tooLong();
    this.#pieces.push(piece);
  }

  /** The line as text; `ended` by a line feed. */
  take(ended: boolean): string {
    const whole = new Uint8Array(Buffer.concat(this.#pieces));
    const line = this.#crlf && ended && whole.at(-1) === CARRIAGE_RETURN ? whole.subarray(0, -1) : whole;
    if (line.length > this.#maxBytes) throw this.#tooLong();
    const text = decodeUtf8(line);
    if (!text.ok) throw new InputError('REQUEST_MALFORMED', `line ${this.#number}: not UTF-8`);
    this.#pieces = [];
    this.bytes = 0;
    this.#number += 1;
    return text.value;
  }

  #tooLong(): InputError {
    return new InputError('REQUEST_MALFORMED', `line ${this.#number}: longer than ${this.#maxBytes} bytes`);
  }
}
