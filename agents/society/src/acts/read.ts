import type { JsonObject } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';

/** A text of an answer; '' where there is none. */
export function textIn(json: JsonObject | undefined, name: string): string {
  const value = json === undefined ? undefined : memberOf(json, name);
  return typeof value === 'string' ? value : '';
}

/** An object of an answer; empty where there is none. */
export function objectIn(json: JsonObject | undefined, name: string): JsonObject {
  const value = json === undefined ? undefined : memberOf(json, name);
  return value !== undefined && isJsonObject(value) ? value : {};
}
