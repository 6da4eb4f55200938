import type { JsonObject } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';

/** A non-empty text member of a parsed object, or undefined. */
export function textOf(object: JsonObject, name: string): string | undefined {
  const value = memberOf(object, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
