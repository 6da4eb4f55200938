import { InputError, assertOk } from '@gridpass/core';
import type { Did, DidUrl, JsonObject, PublicJwk } from '@gridpass/core';
import { canonicalJson, encodeBase64url, utf8 } from '@gridpass/codec';
import { compressPoint, rawPublicKeyOf, samePublicJwk, thumbprintOf } from '@gridpass/keys';
import { methodIdOf, methodOf, parseDid } from './parse.js';
import { keyOfDidJwk } from './methods/jwk.js';
import { CODE_OF_USE, parsePeerElements } from './methods/peer.js';
import type { PeerKeyUse } from './methods/peer.js';
import { encodePeerService } from './methods/peer-service.js';
import { parseMultikey, toMultikey } from './multikey.js';

/** The did:key of a public key (did:key 3.1), P-256, secp256k1 or Ed25519. */
export function toDidKey(jwk: PublicJwk): Did {
  return assertOk(parseDid(`did:key:${toMultikey(jwk)}`));
}

/** The did:jwk of a public key, in canonical JSON, so that a key has one did:jwk from this house. */
export function toDidJwk(jwk: PublicJwk): Did {
  return assertOk(parseDid(`did:jwk:${encodeBase64url(utf8(canonicalJson({ ...jwk })))}`));
}

/** The did:peer of one key that may do everything (did:peer, Method 0), P-256, secp256k1 or Ed25519; to be made anew for each peer. */
export function toDidPeer(jwk: PublicJwk): Did {
  return assertOk(parseDid(`did:peer:0${toMultikey(jwk)}`));
}

/**
 * The did:peer of several keys and of services (did:peer, Method 2), at most 2048 characters. A key for two uses is there twice,
 * under two names. Throws InputError for keys that cannot do what they are for, and for services without type or endpoint.
 */
export function toDidPeer2(content: {
  readonly keys: readonly { readonly use: PeerKeyUse; readonly multikey: string }[];
  readonly services?: readonly JsonObject[];
}): Did {
  const { keys, services = [] } = content;
  if (keys.length === 0) throw new InputError('REQUEST_MALFORMED', 'did:peer: at least one key');
  const elements = [
    ...keys.map(({ use, multikey }) => `${CODE_OF_USE[use]}${multikey}`),
    ...services.map((service) => `S${assertOk(encodePeerService(service))}`),
  ];
  const did = assertOk(parseDid(`did:peer:2.${elements.join('.')}`));
  assertOk(parsePeerElements(did));
  return did;
}

/**
 * The did:ethr of a secp256k1 key in public-key form: it resolves with `#controllerKey` and exists without any transaction.
 * Throws InputError for a key on another curve or a chain id that is not a positive integer.
 */
export function toDidEthr(jwk: PublicJwk, chainId: number): Did {
  if (!Number.isSafeInteger(chainId) || chainId < 1) throw new InputError('CONFIG_INVALID', 'chainId: a positive integer');
  return assertOk(parseDid(`did:ethr:0x${chainId.toString(16)}:0x${compressedHex(jwk)}`));
}

/** The did:web of an https address (did:web 2.5.2): host, port if not the default one, path. http only on the loopback host. */
export function toDidWeb(address: string): Did {
  if (!URL.canParse(address)) throw new InputError('CONFIG_INVALID', 'did:web: not an address');
  const url = new URL(address);
  if (url.protocol !== schemeOf(url.hostname) || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new InputError('CONFIG_INVALID', 'did:web: an https address without user, query and fragment');
  }
  const segments = url.pathname.split('/').filter((segment) => segment !== '');
  return assertOk(parseDid(['did:web', url.host.replace(':', '%3A'), ...segments].join(':')));
}

/** Where the document of a did:web lies (did:web 2.5.2). */
export function didWebUrlOf(did: Did): string {
  const [host = '', ...segments] = methodIdOf(did).split(':');
  const authority = host.replace('%3A', ':');
  const path = segments.length === 0 ? '/.well-known' : `/${segments.join('/')}`;
  return `${schemeOf(authority.split(':')[0] ?? '')}//${authority}${path}/did.json`;
}

function schemeOf(host: string): 'http:' | 'https:' {
  // Plain http never leaves the machine; whether even that is allowed is for the fetch port to say.
  return host === 'localhost' || host === '127.0.0.1' ? 'http:' : 'https:';
}

/**
 * The name of a key's verification method under a DID, as the method's documents spell it.
 * Throws InputError where the DID is made from a key and this is not the key.
 */
export function verificationMethodOf(did: Did, jwk: PublicJwk): DidUrl {
  const name = (fragment: string, belongs: boolean): DidUrl => {
    if (!belongs) throw new InputError('KEY_NOT_AUTHORIZED', 'the DID is not made from this key');
    return `${did}#${fragment}` as DidUrl;
  };
  const id = methodIdOf(did);
  switch (methodOf(did)) {
    case 'key': {
      const key = parseMultikey(id);
      return name(id, key.ok && samePublicJwk(key.value, jwk));
    }
    case 'jwk': {
      const key = keyOfDidJwk(did);
      return name('0', key.ok && samePublicJwk(key.value, jwk));
    }
    case 'peer':
      return name(...peerNameOf(did, id, jwk));
    case 'ethr':
      return name('controllerKey', jwk.crv === 'secp256k1' && id.endsWith(`0x${compressedHex(jwk)}`));
    default:
      return name(thumbprintOf(jwk), true);
  }
}

/** A key of a did:peer:2 has a name for each purpose; it is called by the one under which it authenticates, else by its first. */
function peerNameOf(did: Did, id: string, jwk: PublicJwk): readonly [string, boolean] {
  const isIt = (multikey: string): boolean => {
    const key = parseMultikey(multikey);
    return key.ok && samePublicJwk(key.value, jwk);
  };
  if (id.startsWith('0')) return [id.slice(1), isIt(id.slice(1))];
  const elements = id.startsWith('2') ? parsePeerElements(did) : undefined;
  const keys = elements?.ok === true ? elements.value.keys : [];
  const authenticates = keys.findIndex(({ use, multikey }) => use === 'authentication' && isIt(multikey));
  const index = authenticates >= 0 ? authenticates : keys.findIndex(({ multikey }) => isIt(multikey));
  return [`key-${index + 1}`, index >= 0];
}

/** A did:web document with keys for all uses but key agreement, named by thumbprint, and services. To be served as `did.json`. */
export function buildDidWebDocument(content: {
  readonly did: Did;
  readonly keys: readonly PublicJwk[];
  readonly services?: readonly { readonly id: string; readonly type: string; readonly endpoint: string }[];
}): JsonObject {
  const { did, keys, services = [] } = content;
  const ids = keys.map((jwk) => verificationMethodOf(did, jwk));
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'],
    id: did,
    verificationMethod: keys.map((jwk) => ({
      id: verificationMethodOf(did, jwk),
      type: 'JsonWebKey2020',
      controller: did,
      publicKeyJwk: { ...jwk },
    })),
    authentication: ids,
    assertionMethod: ids,
    capabilityInvocation: ids,
    ...(services.length === 0
      ? {}
      : {
          service: services.map(({ id, type, endpoint }) => ({
            id: id.startsWith('#') ? `${did}${id}` : id,
            type,
            serviceEndpoint: endpoint,
          })),
        }),
  };
}

function compressedHex(jwk: PublicJwk): string {
  if (jwk.crv !== 'secp256k1') throw new InputError('KEY_NOT_AUTHORIZED', 'did:ethr: a secp256k1 key');
  return Buffer.from(compressPoint('secp256k1', rawPublicKeyOf(jwk))).toString('hex');
}
