import { ok, refuse, type JsonValue, type Outcome } from '@gridpass/core';
import { hasLoneSurrogate } from './surrogates.js';
import { decodeUtf8 } from './utf8.js';

/** Bounds of one document; the defaults are 1 MiB and 32 levels. */
export interface JsonLimits {
  readonly maxBytes?: number;
  readonly maxDepth?: number;
}

/**
 * Reads one JSON text (RFC 8259) and refuses, with REQUEST_MALFORMED and a position, everything two readers could
 * understand differently: duplicate members (RFC 7515 §4, RFC 7493 §2.3), names that reach a prototype, numbers whose
 * whole part no double holds exactly (`9007199254740993`, `1e-400`, `0.99999999999999999`), non-finite numbers, lone surrogates, a byte order mark; and nesting or size beyond the limits.
 */
export function parseJson(input: string | Uint8Array, limits: JsonLimits = {}): Outcome<JsonValue> {
  const maxBytes = limits.maxBytes ?? 1_048_576;
  if (byteLength(input, maxBytes) > maxBytes) return refuse('REQUEST_MALFORMED', 'codec', 'the JSON text is too large');
  const text = typeof input === 'string' ? ok(input) : decodeUtf8(input);
  if (!text.ok) return text;
  if (typeof input === 'string' && hasLoneSurrogate(input))
    return refuse('REQUEST_MALFORMED', 'codec', 'the JSON text has a lone surrogate');
  try {
    return ok(new Reader(text.value, limits.maxDepth ?? 32).document());
  } catch (error) {
    if (error instanceof Unreadable) return refuse('REQUEST_MALFORMED', 'codec', `JSON: ${error.message} at ${String(error.position)}`);
    throw error;
  }
}

function byteLength(input: string | Uint8Array, bound: number): number {
  if (typeof input !== 'string') return input.byteLength;
  // A UTF-16 unit takes one to three bytes: count exactly only where that decides.
  return input.length > bound || input.length * 3 <= bound ? input.length : Buffer.byteLength(input);
}

/** Leaves the recursion of the reader; never leaves this file. */
class Unreadable extends Error {
  readonly position: number;
  constructor(reason: string, position: number) {
    super(reason);
    this.position = position;
  }
}

// Names through which an object reached its prototype in some reader or merge function (CWE-1321).
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
// Linear: each part starts with a character the part before cannot take.
const NUMBER = /-?(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?/y;
const UNICODE_ESCAPE = /[0-9a-fA-F]{4}/y;
const SIMPLE_ESCAPES = '"\\/bfnrt';
const LITERALS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): JsonValue {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw new Unreadable('text after the value', this.#at);
    return value;
  }

  #value(depth: number): JsonValue {
    this.#skipSpace();
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#object(depth + 1);
      case 0x5b:
        return this.#list(depth + 1);
      case 0x22:
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #object(depth: number): JsonValue {
    this.#open(depth);
    const object: Record<string, JsonValue> = {};
    if (this.#take(0x7d)) return object;
    do {
      this.#skipSpace();
      const start = this.#at;
      if (this.#text.charCodeAt(start) !== 0x22) throw new Unreadable('no member name', start);
      const name = this.#string();
      if (FORBIDDEN_NAMES.has(name)) throw new Unreadable('a forbidden member name', start);
      if (Object.hasOwn(object, name)) throw new Unreadable('a duplicate member', start);
      if (!this.#take(0x3a)) throw new Unreadable('no colon after a member name', this.#at);
      object[name] = this.#value(depth);
    } while (this.#take(0x2c));
    if (!this.#take(0x7d)) throw new Unreadable('an object does not end', this.#at);
    return object;
  }

  #list(depth: number): JsonValue {
    this.#open(depth);
    const list: JsonValue[] = [];
    if (this.#take(0x5d)) return list;
    do list.push(this.#value(depth));
    while (this.#take(0x2c));
    if (!this.#take(0x5d)) throw new Unreadable('a list does not end', this.#at);
    return list;
  }

  #open(depth: number): void {
    if (depth > this.#maxDepth) throw new Unreadable('nesting too deep', this.#at);
    this.#at += 1;
  }

  /** Skips white space and, if the given character comes next, steps over it. */
  #take(code: number): boolean {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #string(): string {
    const start = this.#at;
    let at = start + 1;
    let escaped = false;
    for (;;) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) break;
      if (code === 0x5c) {
        at += this.#escapeLength(at);
        escaped = true;
      } else if (code >= 0x20) at += 1;
      else throw new Unreadable('a string with a raw control character or no end', at);
    }
    this.#at = at + 1;
    if (!escaped) return this.#text.slice(start + 1, at);
    // The form is known to be right by now; the native parser undoes the escapes.
    const value = String(JSON.parse(this.#text.slice(start, at + 1)));
    if (hasLoneSurrogate(value)) throw new Unreadable('a lone surrogate', start);
    return value;
  }

  #escapeLength(at: number): 2 | 6 {
    const next = this.#text.charAt(at + 1);
    if (next !== '' && SIMPLE_ESCAPES.includes(next)) return 2;
    UNICODE_ESCAPE.lastIndex = at + 2;
    if (next === 'u' && UNICODE_ESCAPE.test(this.#text)) return 6;
    throw new Unreadable('an unknown escape', at);
  }

  #scalar(): JsonValue {
    for (const [word, value] of LITERALS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw new Unreadable('no value', this.#at);
    const value = Number(match[0]);
    if (!keepsWhole(match, value)) throw new Unreadable('a number out of range', this.#at);
    this.#at += match[0].length;
    return value;
  }
}

/**
 * Whether a double holds the whole part of a number exactly, and tells whether there is more. RFC 7493 §2.2: what it does not
 * hold means one thing to us and another to an exact reader. A fraction is rounded (0.1), but never up to a whole number:
 * `floor` of a time gives what `floor` of its text would.
 */
function keepsWhole([, digits = '', fraction = '', exponent = '']: RegExpExecArray, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (!Number.isInteger(value)) return true;
  const shift = fraction.length - Number(exponent);
  const all = digits + fraction;
  const isWhole = shift <= 0 || /^0*$/.test(shift >= all.length ? all : all.slice(-shift));
  return isWhole && Number.isSafeInteger(value);
}
