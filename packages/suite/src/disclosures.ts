import { decodeBase64url, encodeBase64url, isJsonObject, memberOf, parseJson, sha256 } from '@gridpass/codec';
import { ok, refuse, type JsonObject, type JsonValue, type Outcome } from '@gridpass/core';
import type { Disclosure } from './types.js';

/** What the disclosures of an SD-JWT open up. */
export interface OpenedDisclosures {
  /** The payload with disclosed claims in place, without `_sd`, `_sd_alg` and `...`. */
  readonly claims: JsonObject;
  readonly disclosures: readonly Disclosure[];
  /** How deep the deepest digest lies; 0 means that only top-level claims are selectively disclosable. */
  readonly deepest: number;
}

const MAX_DISCLOSURES = 64;
const MAX_DEPTH = 8;
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['_sd', '_sd_alg', '...', '__proto__', 'constructor', 'prototype']);

/**
 * Opens the disclosures of an SD-JWT payload (RFC 9901 §7.1 steps 2 to 5), SHA-256 only. Refuses PRESENTATION_MALFORMED
 * when a digest stands in two places, a disclosure is not referenced, would replace a claim, has the wrong arity or lies too
 * deep. How strong the salts are is no question of a verifier: what a weak one gives away was given away by the issuer.
 */
export function openDisclosures(payload: JsonObject, encoded: readonly string[]): Outcome<OpenedDisclosures> {
  const algorithm = memberOf(payload, '_sd_alg');
  if (algorithm !== undefined && algorithm !== 'sha-256') return malformed('_sd_alg is not sha-256');
  const parsed = parseDisclosures(encoded);
  if (!parsed.ok) return parsed;
  try {
    const walk = new Walk(parsed.value);
    const { _sd_alg: _, ...rest } = payload;
    const claims = walk.object(rest, 0);
    // §7.1 step 5: what no digest refers to was not signed by anybody.
    if (walk.used.size !== parsed.value.size) return malformed('a disclosure that no digest refers to');
    return ok({ claims, disclosures: [...parsed.value.values()], deepest: walk.deepest });
  } catch (error) {
    if (error instanceof Unopenable) return malformed(error.message);
    throw error;
  }
}

/** The digest under which a disclosure is referred to: over its ASCII text, not over what it decodes to (§4.2.3). */
export function disclosureDigest(encoded: string): string {
  return encodeBase64url(sha256(encoded));
}

function parseDisclosures(encoded: readonly string[]): Outcome<ReadonlyMap<string, Disclosure>> {
  if (encoded.length > MAX_DISCLOSURES) return malformed('too many disclosures');
  const byDigest = new Map<string, Disclosure>();
  for (const text of encoded) {
    const disclosure = parseDisclosure(text);
    if (disclosure === undefined) return malformed('a disclosure is not [salt, name, value] or [salt, value]');
    byDigest.set(disclosureDigest(text), disclosure);
  }
  return byDigest.size === encoded.length ? ok(byDigest) : malformed('a disclosure is given twice');
}

function parseDisclosure(encoded: string): Disclosure | undefined {
  const bytes = decodeBase64url(encoded);
  const json = bytes.ok ? parseJson(bytes.value, { maxBytes: 16_384, maxDepth: 8 }) : bytes;
  if (!json.ok || !Array.isArray(json.value)) return undefined;
  const parts = json.value as readonly JsonValue[];
  const [salt, second, third] = parts;
  if (typeof salt !== 'string' || second === undefined) return undefined;
  if (parts.length === 2) return { encoded, salt, value: second };
  if (parts.length !== 3 || third === undefined || typeof second !== 'string' || FORBIDDEN_NAMES.has(second)) return undefined;
  return { encoded, salt, name: second, value: third };
}

/** Leaves the recursion; never leaves this file. */
class Unopenable extends Error {}

/** One walk over a payload: puts disclosures where their digests stand and remembers every digest met. */
class Walk {
  readonly used = new Set<string>();
  deepest = 0;
  readonly #met = new Set<string>();
  readonly #disclosures: ReadonlyMap<string, Disclosure>;

  constructor(disclosures: ReadonlyMap<string, Disclosure>) {
    this.#disclosures = disclosures;
  }

  object(object: JsonObject, depth: number): JsonObject {
    if (depth > MAX_DEPTH) throw new Unopenable('disclosures lie too deep');
    if (Object.hasOwn(object, '...') || Object.hasOwn(object, '_sd_alg')) throw new Unopenable('a reserved name used as a claim');
    const { _sd: digests, ...plain } = object;
    const claims = new Map<string, JsonValue>();
    for (const [name, value] of Object.entries(plain)) claims.set(name, this.#value(value, depth + 1));
    for (const digest of this.#digests(digests)) {
      const disclosure = this.#take(digest, depth);
      if (disclosure === undefined) continue;
      if (disclosure.name === undefined) throw new Unopenable('an array element disclosed as a claim');
      // §7.1 step 3.c.ii: a disclosure adds a claim and never replaces one.
      if (claims.has(disclosure.name)) throw new Unopenable('a disclosure would replace a claim');
      claims.set(disclosure.name, this.#value(disclosure.value, depth + 1));
    }
    return Object.fromEntries(claims);
  }

  #value(value: JsonValue, depth: number): JsonValue {
    if (Array.isArray(value)) return this.#array(value as readonly JsonValue[], depth);
    return isJsonObject(value) ? this.object(value, depth) : value;
  }

  #array(elements: readonly JsonValue[], depth: number): readonly JsonValue[] {
    if (depth > MAX_DEPTH) throw new Unopenable('disclosures lie too deep');
    return elements.flatMap((element) => {
      if (!isJsonObject(element) || !Object.hasOwn(element, '...')) return [this.#value(element, depth + 1)];
      if (Object.keys(element).length !== 1) throw new Unopenable('an array placeholder with further members');
      const [digest] = this.#digests([element['...'] ?? null]);
      const disclosure = digest === undefined ? undefined : this.#take(digest, depth);
      if (disclosure === undefined) return [];
      if (disclosure.name !== undefined) throw new Unopenable('a claim disclosed as an array element');
      return [this.#value(disclosure.value, depth + 1)];
    });
  }

  #digests(value: JsonValue | undefined): readonly string[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw new Unopenable('_sd is not a list');
    return (value as readonly JsonValue[]).map((digest) => {
      if (typeof digest !== 'string' || !DIGEST.test(digest)) throw new Unopenable('a digest is not a SHA-256');
      return digest;
    });
  }

  #take(digest: string, depth: number): Disclosure | undefined {
    // §7.1 step 4: a digest value occurs once in the whole payload, disclosures included.
    if (this.#met.has(digest)) throw new Unopenable('a digest stands in two places');
    this.#met.add(digest);
    this.deepest = Math.max(this.deepest, depth);
    const disclosure = this.#disclosures.get(digest);
    if (disclosure !== undefined) this.used.add(digest);
    return disclosure;
  }
}

function malformed(reason: string): Outcome<never> {
  return refuse('PRESENTATION_MALFORMED', 'parse', `sd-jwt: ${reason}`);
}
