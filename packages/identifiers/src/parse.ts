import { IDENTIFIER_SCHEMES, ok, refuse, type Identifier, type IdentifierScheme, type Outcome } from '@gridpass/core';
import type { Scheme } from './scheme.js';
import { SCHEMES } from './table.js';

/** Third character of an EIC: party, area, measurement point, resource, tie line, location, substation. */
export type EicType = 'X' | 'Y' | 'Z' | 'W' | 'T' | 'V' | 'A';

/** What can be said about an identifier without asking anyone. */
export interface IdentifierCheck {
  readonly scheme: string;
  readonly value: string;
  readonly syntax: boolean;
  /** 'none' where the scheme has no check character or the form is wrong already. */
  readonly checksum: boolean | 'none';
  /** A passed check character is not proof of allocation: that is what an issuer attests. */
  readonly directory: 'notChecked';
}

// The longest written form, with separators, stays far below.
const MAX_LENGTH = 64;

/**
 * An identifier in the canonical form of its scheme. Refuses IDENTIFIER_SCHEME_UNKNOWN, IDENTIFIER_SYNTAX or
 * IDENTIFIER_CHECKSUM. Details name the scheme, never the value: metering point numbers are personal data.
 *
 * @example parseIdentifier('emaid', 'NN-123-ABCDEFGHI-T') // { ok: true, value: { scheme: 'emaid', value: 'NN123ABCDEFGHIT' } }
 */
export function parseIdentifier(scheme: string, value: string): Outcome<Identifier> {
  if (!isScheme(scheme)) return refuse('IDENTIFIER_SCHEME_UNKNOWN', 'identifier', 'the scheme is not in the list');
  const rules = SCHEMES[scheme];
  const canonical = canonicalOf(rules, value);
  if (canonical === undefined) return refuse('IDENTIFIER_SYNTAX', 'identifier', `${scheme}: not the form of the scheme`);
  if (rules.check !== 'none' && !rules.check(canonical))
    return refuse('IDENTIFIER_CHECKSUM', 'identifier', `${scheme}: wrong check character`);
  return ok(Object.freeze({ scheme, value: canonical }));
}

/** An EIC, of the given type where one is asked for: parties are X, areas Y. Also refuses IDENTIFIER_TYPE. */
export function parseEic(value: string, type?: EicType): Outcome<Identifier> {
  const identifier = parseIdentifier('eic', value);
  if (!identifier.ok || type === undefined || identifier.value.value.charAt(2) === type) return identifier;
  return refuse('IDENTIFIER_TYPE', 'identifier', `eic: type ${type} was asked for`);
}

/** Says how far an identifier passes, for people and reports; the pipeline uses {@link parseIdentifier}. */
export function checkIdentifier(scheme: string, value: string): IdentifierCheck {
  const rules = isScheme(scheme) ? SCHEMES[scheme] : undefined;
  const canonical = rules && canonicalOf(rules, value);
  if (rules === undefined || canonical === undefined) return { scheme, value, syntax: false, checksum: 'none', directory: 'notChecked' };
  return {
    scheme,
    value: canonical,
    syntax: true,
    checksum: rules.check === 'none' ? 'none' : rules.check(canonical),
    directory: 'notChecked',
  };
}

/** Whether two parsed identifiers name the same thing: same scheme, same canonical value, nothing looser. */
export function sameIdentifier(a: Identifier, b: Identifier): boolean {
  return a.scheme === b.scheme && a.value === b.value;
}

function isScheme(text: string): text is IdentifierScheme {
  return (IDENTIFIER_SCHEMES as readonly string[]).includes(text);
}

function canonicalOf(rules: Scheme, value: string): string | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  const canonical = rules.canonical?.(value) ?? value;
  return rules.form.test(canonical) ? canonical : undefined;
}
