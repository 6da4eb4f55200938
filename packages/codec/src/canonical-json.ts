import { InputError, type JsonObject, type JsonValue } from '@gridpass/core';
import { isJsonObject } from './json-object.js';
import { hasLoneSurrogate } from './surrogates.js';

const MAX_DEPTH = 256;

/**
 * The one JSON spelling of a value (RFC 8785): members sorted by UTF-16 code units, ECMAScript numbers, no white space.
 * The caller must give JSON values; anything else (undefined, NaN, class instances, lone surrogates) is an InputError.
 *
 * @example canonicalJson({ b: 1, a: [true, null] }) // '{"a":[true,null],"b":1}'
 */
export function canonicalJson(value: JsonValue): string {
  return spell(value, 0);
}

function spell(value: JsonValue, depth: number): string {
  if (depth > MAX_DEPTH) throw unspellable('nesting is too deep or circular');
  switch (typeof value) {
    case 'string':
      return spellText(value);
    case 'number':
      // RFC 8785 §3.2.2.3: NaN and Infinity must be refused; JSON.stringify writes -0 as 0, as the RFC asks.
      if (!Number.isFinite(value)) throw unspellable('a number is not finite');
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (isList(value)) return `[${value.map((item) => spell(item, depth + 1)).join(',')}]`;
      if (isJsonObject(value)) return spellObject(value, depth);
      throw unspellable('an object is no plain object');
    default:
      throw unspellable('a value has no JSON form');
  }
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function spellObject(value: JsonObject, depth: number): string {
  const members: string[] = [];
  // RFC 8785 §3.2.3: sort by UTF-16 code units, which is what Array.prototype.sort does on strings.
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) throw unspellable('a member is undefined');
    members.push(`${spellText(name)}:${spell(member, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}

function spellText(text: string): string {
  // RFC 8785 §3.2.2.2: lone surrogates must be refused, they have no UTF-8 form.
  if (hasLoneSurrogate(text)) throw unspellable('a text has a lone surrogate');
  return JSON.stringify(text);
}

function unspellable(reason: string): InputError {
  return new InputError('REQUEST_MALFORMED', `no canonical JSON: ${reason}`);
}
