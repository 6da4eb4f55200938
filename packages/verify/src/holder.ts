import { isAboutDevice, isHeldBySubject, ok, refuse, type CredentialContent, type Did, type Outcome, type PublicJwk } from '@gridpass/core';
import { toDidJwk, toDidKey, toDidPeer } from '@gridpass/did';
import { samePublicJwk } from '@gridpass/keys';

/** Who presents: one key, and the DID it stands for. */
export interface Holder {
  readonly did: Did;
  readonly publicJwk: PublicJwk;
  /** What says that the key is the holder's: the credentials, or the DID's document. */
  readonly boundBy: 'key' | 'did';
}

/**
 * Binds SD-JWTs to one holder, each by the definition of its type: one `cnf` key for all of them, and one subject for all whose subject is
 * their holder. A DID that they name as a device is spoken for by a key of that device alone: where the DID is not this very key, its
 * document has to list it (`boundBy: 'did'`, for `checkPresenter`). Refuses HOLDER_MISMATCH. The caller guarantees that each key
 * binding was proven with its `cnf` key, and uses no holder of contents that `checkNeeds` refuses: what was not asked for would have a say.
 */
export function bindByKey(contents: readonly CredentialContent[]): Outcome<Holder> {
  const [publicJwk] = contents.map(({ holderKey }) => holderKey);
  if (publicJwk === undefined) return mismatch('no cnf');
  if (contents.some(({ holderKey }) => holderKey === undefined || !samePublicJwk(holderKey, publicJwk)))
    return mismatch('cnf: more than one key');
  const subjects = new Set(contents.filter(({ type }) => isHeldBySubject(type)).map(({ subject }) => subject));
  if (subjects.size > 1) return mismatch('sub: more than one holder');
  const [subject] = subjects;
  const did = subject ?? didOfKey(publicJwk, contents);
  const isKeyOfDevice = devicesOf(contents).has(did) && !didsOf(publicJwk).includes(did);
  return ok({ did, publicJwk, boundBy: isKeyOfDevice ? 'did' : 'key' });
}

/** Binds `vc+jwt` to the DID that signed the presentation: every subject is that DID. Refuses HOLDER_MISMATCH. */
export function bindByDid(contents: readonly CredentialContent[], holder: Omit<Holder, 'boundBy'>): Outcome<Holder> {
  return contents.every(({ subject }) => subject === holder.did)
    ? ok({ ...holder, boundBy: 'did' })
    : mismatch('credentialSubject.id: not the presenter');
}

/** Every DID that the credentials name as a device: what a device's credential is about, and `deviceDid` where it is shown. */
function devicesOf(contents: readonly CredentialContent[]): ReadonlySet<string> {
  return new Set(
    contents.flatMap(({ type, subject, claims }): readonly string[] => {
      const named = Object.hasOwn(claims, 'deviceDid') ? claims['deviceDid'] : undefined;
      return [...(isAboutDevice(type) ? [subject] : []), ...(typeof named === 'string' ? [named] : [])];
    }),
  );
}

/** The DIDs that are this very key. */
function didsOf(publicJwk: PublicJwk): readonly [Did, ...Did[]] {
  return [toDidJwk(publicJwk), toDidKey(publicJwk), toDidPeer(publicJwk)];
}

/** Where nothing names the holder, the key does: as the DID the credentials are about if that is this very key, else as did:jwk. */
function didOfKey(publicJwk: PublicJwk, contents: readonly CredentialContent[]): Did {
  const ownDids = didsOf(publicJwk);
  return ownDids.find((did) => contents.every(({ subject }) => subject === did)) ?? ownDids[0];
}

function mismatch(detail: string): Outcome<never> {
  return refuse('HOLDER_MISMATCH', 'prove', detail);
}
