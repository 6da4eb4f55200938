import type { DidSigner } from '@gridpass/core';

/** A DID's signer together with the name its key has in the vault. */
export interface LiveKey extends DidSigner {
  readonly keyId: string;
  /** The DID was given up: signing throws InputError DID_DEACTIVATED. */
  readonly ended?: boolean;
}

/** A signer whose key can change while programs hold it. */
export interface LiveSigner {
  readonly signer: LiveKey;
  replace(next: LiveKey): void;
}

/**
 * A signer that is always the current one. Whoever names the key and signs in two steps takes a copy first, `{...signer}`: its
 * members are of one key.
 */
export function createLiveSigner(first: LiveKey): LiveSigner {
  let current = first;
  return {
    signer: {
      get did() {
        return current.did;
      },
      get kid() {
        return current.kid;
      },
      get keyId() {
        return current.keyId;
      },
      get ended() {
        return current.ended === true;
      },
      get alg() {
        return current.alg;
      },
      get publicJwk() {
        return current.publicJwk;
      },
      get sign() {
        return current.sign;
      },
    },
    replace: (next) => {
      current = next;
    },
  };
}
