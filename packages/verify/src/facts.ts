import type { CredentialContent, CredentialType, Fact, FactValue, JsonObject, JsonValue, Need } from '@gridpass/core';

/**
 * What policy may read of a credential: each disclosed claim under `<Type>.<claim>`, members of an object under
 * `<Type>.<claim>.<member>`, and `<Type>.issuer` and `<Type>.subject`. Only for credentials that are current and trusted. A claim that
 * nobody asked for is no fact, although it is disclosed: it is neither decided on nor kept.
 */
export function toFacts(contents: readonly CredentialContent[], asked: readonly Need[]): readonly Fact[] {
  const isAsked = (type: CredentialType, name: string): boolean =>
    asked.some((need) => need.type === type && need.claims.some((claim) => claim.split('.')[0] === name));
  return contents.flatMap(({ type, issuer, subject, claims }) => [
    ...claimFacts(type, Object.fromEntries(Object.entries(claims).filter(([name]) => isAsked(type, name)))),
    { kind: 'value' as const, path: `${type}.issuer` as const, value: issuer },
    { kind: 'value' as const, path: `${type}.subject` as const, value: subject },
  ]);
}

function claimFacts(type: CredentialType, claims: JsonObject, prefix = ''): readonly Fact[] {
  return Object.entries(claims).flatMap(([name, value]): readonly Fact[] => {
    if (isObject(value)) return claimFacts(type, value, `${prefix}${name}.`);
    const fact = toFactValue(value);
    return fact === undefined ? [] : [{ kind: 'value', path: `${type}.${prefix}${name}`, value: fact }];
  });
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A scalar or a list of texts or of whole numbers; lists of objects and fractions are no facts. */
function toFactValue(value: JsonValue): FactValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (!Array.isArray(value)) return undefined;
  const items: readonly JsonValue[] = value;
  if (items.every((item) => typeof item === 'string')) return items;
  return items.every((item): item is number => Number.isSafeInteger(item)) ? items : undefined;
}
