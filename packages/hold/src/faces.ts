import { Fault } from '@gridpass/core';
import type { HeldCredential, Signer, WalletRelation } from '@gridpass/core';
import { randomToken, untilWon } from '@gridpass/codec';
import { toDidJwk } from '@gridpass/did';
import type { ProofKey } from '@gridpass/exchange';
import { thumbprintOf } from '@gridpass/keys';
import type { FaceKeys } from '@gridpass/keys';
import type { HolderParts, WalletIdentity } from './parts.js';

type SingleIdentity = Pick<Extract<WalletIdentity, { kind: 'single' }>, 'did' | 'keyId' | 'keys'>;

/** The audience of the one face of an organisation or device. */
export const EVERYONE = '*';
/** What begins so was everybody's face, until the DID's key was rotated. */
const FORMERLY = '*was:';

/** The audience of a face of a single wallet, by whether its key is the one of now. */
export const singleAudience = (relationId: string, isCurrent: boolean): string => (isCurrent ? EVERYONE : `${FORMERLY}${relationId}`);

/** Whether a face is of an organisation or device: the one of now, or one of before a rotation. */
export function isSingleFace({ audience = '' }: Pick<WalletRelation, 'audience'>): boolean {
  return audience === EVERYONE || audience.startsWith(FORMERLY);
}

/** The keys a wallet shows itself by. */
export interface Faces {
  /** Makes the faces that ought to be there: the single one, or enough waiting ones. */
  openFaces(): Promise<readonly WalletRelation[]>;
  /**
   * The faces that may answer an audience, best first, without giving any. A person has one. An organisation has the one with
   * its DID's key of now and those from before rotations, which answer with what was issued to them while the new one lacks it.
   */
  facesFor(audience: string): Promise<readonly WalletRelation[]>;
  /** The face an audience knows or would get, without giving it: a request that is only looked at uses up nothing. */
  foreseeFace(audience: string): Promise<WalletRelation>;
  /** Gives exactly this face to an audience; false when the audience or the face went another way meanwhile. */
  giveFace(face: WalletRelation, audience: string): Promise<boolean>;
  /** The face shown to an audience. A person's new audience gets the waiting face that holds most; one more is made if none waits. */
  faceFor(audience: string): Promise<WalletRelation>;
  signerOf(face: WalletRelation): Promise<Signer>;
  proofKeyOf(face: WalletRelation): Promise<ProofKey>;
}

/** Opens the faces of one wallet. */
export function createFaces(parts: Pick<HolderParts, 'tenant' | 'identity' | 'repository' | 'clock'>): Faces {
  const { tenant, identity, repository, clock } = parts;

  /** The face with the key the DID has now; a rotated key's face makes way for it and goes on holding what was issued to it. */
  async function openSingleFace(identity: SingleIdentity): Promise<WalletRelation> {
    const face = await untilWon(() => trySingleFace(identity));
    if (face === undefined) throw new Fault('STORE_UNAVAILABLE', 'the face of a rotated key could not be replaced');
    return face;
  }

  /** Undefined where somebody else was quicker. */
  async function trySingleFace({ did, keyId, keys }: SingleIdentity): Promise<WalletRelation | undefined> {
    const before = (await repository.relations(tenant)).find(({ audience }) => audience === EVERYONE);
    if (before?.keyId === keyId) return before;
    const thumbprint = thumbprintOf(await keys.publicJwk(keyId));
    const face = { relationId: randomToken(12), keyId, did, thumbprint, audience: EVERYONE, createdAt: clock.now() };
    if (before === undefined) {
      await repository.keepRelation(tenant, face);
      return face;
    }
    const { relationId } = before;
    const retiredAs = singleAudience(relationId, false);
    return (await repository.succeedRelation(tenant, { relationId, retiredAs, successor: face })) ? face : undefined;
  }

  async function addFace(keys: FaceKeys): Promise<WalletRelation> {
    const relationId = randomToken(12);
    const key = await keys.createKey('ES256', { label: `face ${relationId}` });
    const face = {
      relationId,
      keyId: key.keyId,
      did: toDidJwk(key.publicJwk),
      thumbprint: thumbprintOf(key.publicJwk),
      createdAt: clock.now(),
    };
    await repository.keepRelation(tenant, face);
    return face;
  }

  async function openFaces(): Promise<readonly WalletRelation[]> {
    if (identity.kind === 'single') return [await openSingleFace(identity)];
    const faces = [...(await repository.relations(tenant))];
    const missing = identity.spareFaces - faces.filter(({ audience }) => audience === undefined).length;
    for (let count = 0; count < missing; count += 1) faces.push(await addFace(identity.keys));
    return faces;
  }

  async function foreseeFace(audience: string): Promise<WalletRelation> {
    const faces = await openFaces();
    const known = faces.find((face) => face.audience === audience || face.audience === EVERYONE);
    if (known !== undefined) return known;
    const held = await repository.credentials(tenant);
    const waiting = faces.filter((face) => face.audience === undefined).sort((a, b) => countHeld(held, b) - countHeld(held, a));
    if (waiting[0] !== undefined) return waiting[0];
    if (identity.kind === 'single') throw new Fault('INTERNAL', 'a wallet of one DID without its face');
    return addFace(identity.keys);
  }

  async function giveFace(face: WalletRelation, audience: string): Promise<boolean> {
    if (isSingleFace(face) || face.audience === audience) return true;
    if (await repository.assignRelation(tenant, { relationId: face.relationId, audience })) return true;
    return (await repository.relations(tenant)).some((known) => known.relationId === face.relationId && known.audience === audience);
  }

  async function faceFor(audience: string): Promise<WalletRelation> {
    const given = await untilWon(async () => {
      const face = await foreseeFace(audience);
      // Somebody else of this wallet met the audience, or took the face, at the same moment.
      if (!(await giveFace(face, audience))) return undefined;
      return face.audience === undefined ? { ...face, audience } : face;
    });
    if (given === undefined) throw new Fault('STORE_UNAVAILABLE', 'a face could not be given to an audience');
    return given;
  }

  async function facesFor(audience: string): Promise<readonly WalletRelation[]> {
    const first = await foreseeFace(audience);
    if (identity.kind === 'pairwise') return [first];
    const former = (await repository.relations(tenant)).filter((face) => isSingleFace(face) && face.relationId !== first.relationId);
    return [first, ...former.sort((a, b) => b.createdAt - a.createdAt)];
  }

  return {
    openFaces,
    facesFor,
    foreseeFace,
    giveFace,
    faceFor,
    signerOf: (face) => identity.keys.signer(face.keyId),
    async proofKeyOf(face) {
      // Read together: between two awaits the key may be rotated.
      const named = identity.kind === 'single' ? { kid: identity.kid, keyId: identity.keyId } : undefined;
      const signer = await identity.keys.signer(face.keyId);
      if (named === undefined) return { signer };
      if (named.keyId !== face.keyId) throw new Fault('KEY_UNAVAILABLE', "the DID's key was rotated just now; ask again");
      return { signer, kid: named.kid };
    },
  };
}

function countHeld(held: readonly HeldCredential[], face: WalletRelation): number {
  return held.filter((credential) => credential.relationId === face.relationId).length;
}
