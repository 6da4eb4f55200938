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
