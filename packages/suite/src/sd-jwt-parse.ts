import { deepFreeze, digestOf, isJsonObject, memberOf } from '@gridpass/codec';
import {
  CATALOGUE,
  CREDENTIAL_TYPES,
  SD_JWT_VC_MEMBERS,
  ok,
  refuse,
  type CredentialContent,
  type CredentialType,
  type JsonObject,
  type JsonValue,
  type Outcome,
  type PublicJwk,
} from '@gridpass/core';
import { parsePublicJwk } from '@gridpass/keys';
import { complete, createClaimedReader, type ClaimedReader } from './claimed.js';
import { openDisclosures, type OpenedDisclosures } from './disclosures.js';
import { checkLife, readEnvelope, toContent, toNames } from './envelope.js';
import { RESERVED_NAMES } from './issuable.js';
import { parseJose } from './jose.js';
import { parseKeyBinding } from './key-binding.js';
import { vctOf } from './sd-jwt-issue.js';
import { parseTokenStatus } from './status-references.js';
import type { ParsedSdJwt } from './types.js';

const MAX_TEXT = 262_144;
// W3C Subresource Integrity 3.5.1.
const INTEGRITY = /^(?:sha256|sha384|sha512)-[A-Za-z0-9+/]{43,86}={0,2}$/;
const TYPE_OF_VCT: ReadonlyMap<JsonValue | undefined, CredentialType> = new Map(CREDENTIAL_TYPES.map((type) => [vctOf(type), type]));

/**
 * Parses an SD-JWT VC, with or without a key binding JWT, by the processing rules of RFC 9901 §7.1 and a narrower
 * profile: only the catalogue's top-level claims may be disclosures. Refuses PRESENTATION_MALFORMED, or STATUS_MISSING
 * without a status reference. What comes out is claimed, not known.
 */
export function parseSdJwtVc(text: string): Outcome<ParsedSdJwt> {
  const split = splitSdJwt(text);
  if (!split.ok) return split;
  const { jwt, encoded, presented, keyBindingJwt } = split.value;
  const jose = parseJose(jwt, 'dc+sd-jwt');
  if (!jose.ok) return jose;
  const opened = openDisclosures(jose.value.payload, encoded);
  if (!opened.ok) return opened;
  const keyBinding = keyBindingJwt === '' ? undefined : parseKeyBinding(keyBindingJwt);
  if (keyBinding?.ok === false) return keyBinding;
  const content = parseContent(jose.value.header, opened.value, jwt);
  if (!content.ok) return content;
  return ok({
    content: deepFreeze(content.value),
    jws: jose.value,
    disclosures: opened.value.disclosures,
    presentedDigest: digestOf(presented),
    ...(keyBinding === undefined ? {} : { keyBinding: keyBinding.value }),
  });
}

/**
 * Parses an SD-JWT VC as an issuer hands it out and a wallet keeps it: without a key binding. One that has a key binding is a presentation, made
 * for one verifier; whoever took it for a credential would keep, or count as evidence, what another showed. Refuses as
 * `parseSdJwtVc`.
 */
export function parseIssuedSdJwtVc(text: string): Outcome<ParsedSdJwt> {
  const parsed = parseSdJwtVc(text);
  return parsed.ok && parsed.value.keyBinding !== undefined
    ? refuse('PRESENTATION_MALFORMED', 'parse', 'a presentation where a credential was expected')
    : parsed;
}

/**
 * The payload with its disclosures opened, as paths of a query step through it (OpenID4VP 1.0 7.1: the processed payload, RFC 9901 §7.1):
 * the claims, and the members that are always shown.
 */
export function processedPayload({ content, jws }: ParsedSdJwt): JsonObject {
  const shown = Object.entries(jws.payload).filter(([name]) => SD_JWT_VC_MEMBERS.has(name));
  return Object.fromEntries([...shown, ...Object.entries(content.claims)]);
}

interface SplitSdJwt {
  readonly jwt: string;
  readonly encoded: readonly string[];
  readonly presented: string;
  readonly keyBindingJwt: string;
}

/** `<jwt>~<disclosure>~…~` and, after the last tilde, nothing or the key binding JWT (RFC 9901 §4). */
export function splitSdJwt(text: string): Outcome<SplitSdJwt> {
  const end = text.lastIndexOf('~');
  // A bare JWT is not an SD-JWT, however well it is signed.
  if (end < 0 || text.length > MAX_TEXT) return refuse('PRESENTATION_MALFORMED', 'parse', 'sd-jwt: no tilde, or too long');
  const [jwt = '', ...encoded] = text.slice(0, end).split('~');
  return ok({ jwt, encoded, presented: text.slice(0, end + 1), keyBindingJwt: text.slice(end + 1) });
}

function parseContent(header: JsonObject, opened: OpenedDisclosures, jwt: string): Outcome<CredentialContent> {
  const payload = opened.claims;
  const reader = createClaimedReader(payload);
  const type = TYPE_OF_VCT.get(memberOf(payload, 'vct')) ?? reader.note('vct');
  const envelope = readEnvelope(reader, header, payload);
  const holderKey = parseConfirmation(reader);
  if (reader.has('jti')) reader.text('jti');
  checkIntegrity(reader, payload);
  const claims = Object.fromEntries(Object.entries(payload).filter(([name]) => !SD_JWT_VC_MEMBERS.has(name)));
  for (const name of Object.keys(claims)) if (RESERVED_NAMES.has(name)) reader.note(`${name} (reserved)`);
  checkDisclosed(reader, type, opened);
  checkLife(reader, type, envelope);
  const parts = complete({ ...envelope, type, holderKey });
  if (reader.bad.length > 0 || parts === undefined) return refuse('PRESENTATION_MALFORMED', 'parse', `dc+sd-jwt: ${reader.bad.join(', ')}`);
  const status = parseTokenStatus(memberOf(payload, 'status'));
  if (status === undefined) return refuse('STATUS_MISSING', 'parse', 'dc+sd-jwt: status');
  return ok(toContent({ format: 'dc+sd-jwt', ...parts, status, claims, ...toNames(jwt) }));
}

/** `vct#integrity` is a hash over a document that says how the type looks; nothing is read from there, so it has the form of one. */
function checkIntegrity(reader: ClaimedReader, payload: JsonObject): void {
  const integrity = memberOf(payload, 'vct#integrity');
  if (integrity !== undefined && !(typeof integrity === 'string' && INTEGRITY.test(integrity))) reader.note('vct#integrity');
}

/** Only claims the catalogue lists may come as disclosures: never `iss`, `exp`, `cnf`, `vct`, `status` or what an issuer is bound by. */
function checkDisclosed(reader: ClaimedReader, type: CredentialType | undefined, opened: OpenedDisclosures): void {
  if (type === undefined) return;
  if (opened.deepest > 0) reader.note('_sd (nested)');
  const allowed = CATALOGUE[type].selectivelyDisclosable;
  if (opened.disclosures.some(({ name }) => name === undefined || !allowed.includes(name)))
    reader.note('a disclosure of a claim that is always shown');
}

/** `cnf` with exactly one member `jwk` (RFC 7800 §3.2): the key the credential is bound to. */
function parseConfirmation(reader: ClaimedReader): PublicJwk | undefined {
  const confirmation = reader.object('cnf');
  if (confirmation === undefined) return undefined;
  const jwk = memberOf(confirmation, 'jwk');
  const key = Object.keys(confirmation).length === 1 && isJsonObject(jwk) ? parsePublicJwk(jwk) : undefined;
  return key?.ok === true ? key.value : reader.note('cnf.jwk');
}
