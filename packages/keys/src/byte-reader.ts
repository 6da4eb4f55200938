import { concatBytes } from './bytes.js';

const NEWLINE = 10;

/** Reads pieces of any length out of pieces of any other. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** So many bytes, fewer at the end alone. */
  async take(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let missing = count;
    while (missing > 0 && !(await this.atEnd())) {
      const part = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    return concatBytes(...parts);
  }

  /** The bytes before the next line end, which is taken away; undefined where there is none within `max`. */
  async line(max: number): Promise<Uint8Array | undefined> {
    let line: Uint8Array = new Uint8Array(0);
    while (line.length <= max && !(await this.atEnd())) {
      const end = this.#held.indexOf(NEWLINE);
      const part = end < 0 ? this.#held : this.#held.subarray(0, end);
      this.#held = this.#held.subarray(part.length + (end < 0 ? 0 : 1));
      line = concatBytes(line, part.subarray(0, max + 1));
      if (end >= 0) return line.length <= max ? line : undefined;
    }
    return undefined;
  }

  async atEnd(): Promise<boolean> {
    while (this.#held.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return true;
      this.#held = next.value;
    }
    return false;
  }
}
