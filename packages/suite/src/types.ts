import type {
  AuthorityReference,
  CredentialContent,
  CredentialFormat,
  CredentialType,
  Did,
  DidSigner,
  DidUrl,
  Digest,
  Instant,
  JsonObject,
  Nonce,
  PublicJwk,
  SignatureAlgorithm,
  StatusReference,
} from '@gridpass/core';
import type { CompactJws, TimeClaims } from '@gridpass/keys';

/** What an issuer certifies. Claims must fit the type's schema; the caller has checked them (package schema). */
export interface CredentialInput {
  readonly type: CredentialType;
  readonly issuer: DidSigner;
  readonly subject: Did;
  /** The key the holder will present with; required for `dc+sd-jwt`. */
  readonly holderKey?: PublicJwk;
  readonly claims: JsonObject;
  readonly issuedAt: Instant;
  readonly validFrom: Instant;
  readonly validUntil: Instant;
  /** Revocation and suspension entries for `vc+jwt`; one token entry for `dc+sd-jwt`. */
  readonly status: readonly StatusReference[];
  /** Absent only where the issuer is a trust root. */
  readonly authority?: AuthorityReference;
}

/** A signed credential as the holder stores it; `compact` of an SD-JWT VC carries every disclosure and ends with `~`. */
export interface IssuedCredential {
  readonly format: CredentialFormat;
  readonly compact: string;
  /** Its handle (codec's `handleOf`). */
  readonly digest: Digest;
}

/** A well-formed credential. Nothing in it is proven: every field is only claimed. */
export interface ParsedCredential {
  readonly content: CredentialContent;
  readonly jws: CompactJws;
}

/** One opened disclosure of an SD-JWT. */
export interface Disclosure {
  /** The base64url text as it travels. */
  readonly encoded: string;
  readonly salt: string;
  /** The claim name; absent for an array element. */
  readonly name?: string;
  readonly value: JsonObject[string];
}

/** The key binding JWT of an SD-JWT presentation (RFC 9901 §4.3), not yet checked against anything. */
export interface KeyBinding {
  readonly jws: CompactJws;
  readonly audience: string;
  readonly nonce: Nonce;
  /** `iat` is there; `nbf` and `exp` count where they are. */
  readonly times: TimeClaims;
  readonly sdHash: string;
}

export interface ParsedSdJwt extends ParsedCredential {
  readonly disclosures: readonly Disclosure[];
  readonly keyBinding?: KeyBinding;
  /** SHA-256 over the issuer-signed JWT and the disclosures as presented; what `sd_hash` has to equal. */
  readonly presentedDigest: Digest;
}

/** A well-formed `vp+jwt`; the holder is only claimed. */
export interface ParsedVpJwt {
  readonly claimedHolder: Did;
  readonly kid: DidUrl;
  readonly alg: SignatureAlgorithm;
  readonly audience: string;
  readonly nonce: Nonce;
  /** `iat` and `exp` are there; `nbf` counts where it is. */
  readonly times: TimeClaims;
  readonly credentials: readonly ParsedCredential[];
  readonly jws: CompactJws;
}
