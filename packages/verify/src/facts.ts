import type { CredentialContent, CredentialType, Fact, FactValue, JsonObject, JsonValue, Need } from '@gridpass/core';

/**
 * What policy may read of a credential: each disclosed claim under `<Type>.<claim>`, members of an object under
 * `<Type>.<claim>.<member>`, and `<Type>.issuer` and `<Type>.subject`. Only for credentials that are current and trusted. A claim that
 * nobody asked for is no fact, although it is disclosed: it is neither decided on nor kept.
 */
export function toFacts(contents: readonly CredentialContent[], asked: readonly Need[]): readonly Fact[] {
  return contents.flatMap(({ type, issuer, subject, claims }) => [
    ...claimFacts(type, claims).filter(({ path }) => isAsked(asked, type, path)),
    { kind: 'value' as const, path: `${type}.issuer` as const, value: issuer },
    { kind: 'value' as const, path: `${type}.subject` as const, value: subject },
  ]);
}

/** Asked by its own path, or as a member of an object that was asked for whole. */
function isAsked(asked: readonly Need[], type: CredentialType, path: string): boolean {
  const claims = asked.filter((need) => need.type === type).flatMap((need) => need.claims);
  return claims.some((claim) => path === `${type}.${claim}` || path.startsWith(`${type}.${claim}.`));
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
