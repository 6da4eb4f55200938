import type { JsonObject, JsonValue } from '@gridpass/core';
import { canonicalJson, isJsonObject } from '@gridpass/codec';

/**
 * Claims with each list in one order. The lists of our types are sets: two applications that differ in their order alone ask for the
 * same, and what is taken away of one is taken away of the other.
 */
export function toOrderedClaims(claims: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, toOrdered(value)]));
}

function toOrdered(value: JsonValue): JsonValue {
  if (isJsonObject(value)) return toOrderedClaims(value);
  if (!Array.isArray(value)) return value;
  const items = (value as readonly JsonValue[]).map((item) => ({ item: toOrdered(item), key: canonicalJson(item) }));
  return items.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0)).map(({ item }) => item);
}
