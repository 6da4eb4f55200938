import type { JsonObject, JsonValue } from '@gridpass/core';

/** Whether a value is a plain object (no array, no class instance); the caller must have parsed the value, its members are not looked at. */
export function isJsonObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Plain in whatever realm: the prototype is null or the top of its chain.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The member of that name if the object itself has it; inherited names such as `toString` read as undefined. */
export function memberOf(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A list of texts, or undefined: a list with something else in it is no list of texts, rather than a shorter one. */
export function textsOf(value: JsonValue | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: readonly JsonValue[] = value;
  return items.every((item) => typeof item === 'string') ? items : undefined;
}

/** The texts of a member that is one text or a list of texts; empty where it is neither. */
export function textsIn(object: JsonObject, name: string): readonly string[] {
  const value = memberOf(object, name);
  return typeof value === 'string' ? [value] : (textsOf(value) ?? []);
}
