import type { Application, JsonObject, JsonValue } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';

/** A claim that is a text or a list of texts, as a list; what is neither counts as not there. The schema has checked the form. */
export function textsIn(claims: JsonObject, name: string): readonly string[] {
  const value = memberOf(claims, name);
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter((text) => typeof text === 'string') : [];
}

/** The market roles that an application asks for; a market operator is A11 by its type. */
export function rolesAskedFor({ type, claims }: Pick<Application, 'type' | 'claims'>): readonly string[] {
  if (type === 'MarketOperatorRole') return ['A11'];
  return type === 'MarketPartyRole' ? textsIn(claims, 'roleCodes') : textsIn(claims, 'roleCode');
}
