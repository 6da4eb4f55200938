import { Fault } from '@gridpass/core';
import type { HeldCredential, Signer, WalletRelation } from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import { toDidJwk } from '@gridpass/did';
import type { ProofKey } from '@gridpass/exchange';
import { thumbprintOf } from '@gridpass/keys';
import type { HolderParts } from './parts.js';

/** The audience of the one face of an organisation or device. */
export const EVERYONE = '*';

/** The keys a wallet shows itself by. */
export interface Faces {
  /** Makes the faces that ought to be there: the single one, or enough waiting ones. */
  openFaces(): Promise<readonly WalletRelation[]>;
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
export function createFaces(parts: Pick<HolderParts, 'tenant' | 'identity' | 'vault' | 'repository' | 'clock'>): Faces {
  const { tenant, identity, vault, repository, clock } = parts;

  async function addFace(): Promise<WalletRelation> {
    const relationId = randomToken(12);
    if (identity.kind === 'single') {
      const publicJwk = await vault.publicJwk(tenant, identity.keyId);
      const face = {
        relationId,
        keyId: identity.keyId,
        did: identity.did,
        thumbprint: thumbprintOf(publicJwk),
        audience: EVERYONE,
        createdAt: clock.now(),
      };
      await repository.keepRelation(tenant, face);
      return face;
    }
    const key = await vault.createKey(tenant, 'ES256', { label: `face ${relationId}` });
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
    const faces = [...(await repository.relations(tenant))];
    const missing =
      identity.kind === 'single' ? 1 - faces.length : identity.spareFaces - faces.filter(({ audience }) => audience === undefined).length;
    for (let count = 0; count < missing; count += 1) faces.push(await addFace());
    return faces;
  }

  async function foreseeFace(audience: string): Promise<WalletRelation> {
    const faces = await openFaces();
    const known = faces.find((face) => face.audience === audience || face.audience === EVERYONE);
    if (known !== undefined) return known;
    const held = await repository.credentials(tenant);
    const waiting = faces.filter((face) => face.audience === undefined).sort((a, b) => countHeld(held, b) - countHeld(held, a));
    return waiting[0] ?? (await addFace());
  }

  async function giveFace(face: WalletRelation, audience: string): Promise<boolean> {
    if (face.audience === EVERYONE || face.audience === audience) return true;
    if (await repository.assignRelation(tenant, { relationId: face.relationId, audience })) return true;
    return (await repository.relations(tenant)).some((known) => known.relationId === face.relationId && known.audience === audience);
  }

  async function faceFor(audience: string, tries = 3): Promise<WalletRelation> {
    const face = await foreseeFace(audience);
    if (await giveFace(face, audience)) return face.audience === undefined ? { ...face, audience } : face;
    // Somebody else of this wallet met the audience, or took the face, at the same moment.
    if (tries === 0) throw new Fault('STORE_UNAVAILABLE', 'a face could not be given to an audience');
    return faceFor(audience, tries - 1);
  }

  return {
    openFaces,
    foreseeFace,
    giveFace,
    faceFor: (audience) => faceFor(audience),
    signerOf: (face) => vault.signer(tenant, face.keyId),
    async proofKeyOf(face) {
      const signer = await vault.signer(tenant, face.keyId);
      return identity.kind === 'single' ? { signer, kid: identity.kid } : { signer };
    },
  };
}

function countHeld(held: readonly HeldCredential[], face: WalletRelation): number {
  return held.filter((credential) => credential.relationId === face.relationId).length;
}
