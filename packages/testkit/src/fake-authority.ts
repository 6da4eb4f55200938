import { handleOf, isHandleOf } from '@gridpass/codec';
import { Fault, ok, refuse, type AuthorityPort, type AuthorityReference } from '@gridpass/core';

/** An authority source over credentials that a test publishes. */
export interface FakeAuthority extends AuthorityPort {
  /** Publishes a compact `vc+jwt` and returns the reference that pins it. */
  publish(compact: string): AuthorityReference;
  /** Serves another text at an address; a real port notices the digest, so this one does too unless `blind`. */
  replace(uri: string, compact: string): void;
  fail(failing: boolean): void;
}

/** Creates an empty source. `blind` leaves out the digest check, to show that a verifier does not rely on its port alone. */
export function createFakeAuthority(options: { readonly blind?: boolean } = {}): FakeAuthority {
  const texts = new Map<string, string>();
  let failing = false;
  return {
    publish: (compact) => {
      const digest = handleOf(compact);
      const uri = `https://authority.example/${digest}`;
      texts.set(uri, compact);
      return { uri, digest };
    },
    replace: (uri, compact) => {
      texts.set(uri, compact);
    },
    fail: (value) => {
      failing = value;
    },
    fetchAuthority: async ({ uri, digest }) => {
      if (failing) throw new Fault('TRUST_UNAVAILABLE', 'the source of the test is down');
      const text = texts.get(uri);
      if (text === undefined || (options.blind !== true && !isHandleOf(digest, text)))
        return refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'no such authority');
      return ok(text);
    },
  };
}
