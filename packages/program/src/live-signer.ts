import type { DidSigner } from '@gridpass/core';

/** A signer whose key can change while programs hold it. */
export interface LiveSigner {
  readonly signer: DidSigner;
  replace(next: DidSigner): void;
}

/**
 * A signer that is always the current one. Whoever names the key and signs in two steps takes a copy first, `{...signer}`: its
 * members are of one key.
 */
export function createLiveSigner(first: DidSigner): LiveSigner {
  let current = first;
  return {
    signer: {
      get did() {
        return current.did;
      },
      get kid() {
        return current.kid;
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
