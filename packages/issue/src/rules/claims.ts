import type { Application, JsonObject, JsonValue } from '@gridpass/core';
import { canonicalJson, isJsonObject, memberOf } from '@gridpass/codec';

/** A claim that is a text or a list of texts, as a list; what is neither counts as not there. The schema has checked the form. */
export function textsIn(claims: JsonObject, name: string): readonly string[] {
  const value = memberOf(claims, name);
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter((text) => typeof text === 'string') : [];
}

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

/** The market roles that an application asks for; a market operator is A11 by its type. */
export function rolesAskedFor({ type, claims }: Pick<Application, 'type' | 'claims'>): readonly string[] {
  if (type === 'MarketOperatorRole') return ['A11'];
  return type === 'MarketPartyRole' ? textsIn(claims, 'roleCodes') : textsIn(claims, 'roleCode');
}
