import {
  InputError,
  type AuthorityPort,
  type ChallengePort,
  type DidResolverPort,
  type DisclosureNeeds,
  type Meter,
  type SignatureAlgorithm,
  type StatusPort,
  type TenantId,
} from '@gridpass/core';
import type { Schemas } from '@gridpass/schema';
import { assertAnchors, type TrustAnchor } from '@gridpass/trust';
import type { PastKeyPorts } from './past-key.js';

/** Bounds of one verification. */
export interface VerifierLimits {
  /** Most links between a credential and its root. */
  readonly maxDepth: number;
  /** Most credentials in one presentation. */
  readonly maxCredentials: number;
  /** How old a holder's proof may be. */
  readonly presentationMaxAgeSeconds: number;
  /** How far a holder's clock may run ahead; never applied to the life of a credential. */
  readonly clockSkewSeconds: number;
}

/** Everything a verifier can do and whom it believes; nothing here has a default. */
export interface VerifierOptions {
  readonly resolver: DidResolverPort;
  readonly status: StatusPort;
  readonly authority: AuthorityPort;
  readonly challenges: ChallengePort;
  readonly anchors: readonly TrustAnchor[];
  readonly schemas: Pick<Schemas, 'parseClaims' | 'parsePartialClaims'>;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** DID methods by name, e.g. `['ethr', 'jwk']`; no other method reaches the resolver. */
  readonly methods: readonly string[];
  readonly limits: VerifierLimits;
  /** Where to learn of keys that issuers had; without it a credential falls with the key that signed it. */
  readonly history?: PastKeyPorts;
  /** Times the stages; nobody does unless given. */
  readonly meter?: Pick<Meter, 'time'>;
}

/** What a presentation has to answer; comes from the route and the challenge store, never from the message. */
export interface Expected {
  readonly tenant: TenantId;
  readonly state: string;
  readonly channel: string;
  readonly needs: DisclosureNeeds;
}

/** Throws InputError CONFIG_INVALID for options under which everything or nothing would pass. */
export function assertOptions({ anchors, algorithms, methods, limits }: VerifierOptions): void {
  assertAnchors(anchors);
  if (algorithms.length === 0) throw new InputError('CONFIG_INVALID', 'no signature algorithm is allowed');
  if (methods.length === 0) throw new InputError('CONFIG_INVALID', 'no DID method is allowed');
  for (const [name, least, most] of [
    ['maxDepth', 0, 16],
    ['maxCredentials', 1, 32],
    ['presentationMaxAgeSeconds', 1, 3600],
    ['clockSkewSeconds', 0, 60],
  ] as const) {
    const value = limits[name];
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw new InputError('CONFIG_INVALID', `limits.${name} is a whole number from ${String(least)} to ${String(most)}`);
  }
}
