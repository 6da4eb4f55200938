import type { JsonObject, JsonValue } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';

/** A non-empty text member of a parsed object, or undefined. */
export function textOf(object: JsonObject, name: string): string | undefined {
  const value = memberOf(object, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An array of texts, or undefined. */
export function textsOf(value: JsonValue | undefined): readonly string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}
