import { computeAddress, getAddress } from 'ethers';
import { ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';
import type { DocumentSubject } from './build-document.js';

const ETHR_DID = /^did:ethr:0x([1-9a-f][0-9a-f]*):(0x(?:[0-9a-f]{40}|0[23][0-9a-f]{64}))$/;

/** The chain that a did:ethr names by its number; undefined for named networks and other methods. */
export function chainOf(did: string): number | undefined {
  const hex = ETHR_DID.exec(did)?.[1];
  return hex === undefined ? undefined : Number(`0x${hex}`);
}

/** What a did:ethr says by itself (did:ethr method, "Method Specific Identifier"). Refuses DID_MALFORMED for a key off the curve. */
export function parseSubject(did: string): Outcome<DocumentSubject & { readonly identity: string }> {
  const [, hex, id] = ETHR_DID.exec(did) ?? [];
  if (hex === undefined || id === undefined) return refuse('DID_MALFORMED', 'resolve', 'did: not the form of did:ethr');
  const address = addressOf(id);
  if (address === undefined) return refuse('DID_MALFORMED', 'resolve', 'did: not a key');
  return ok({
    did,
    chainId: Number(`0x${hex}`),
    address,
    identity: address.toLowerCase(),
    ...(id.length > 42 ? { controllerKey: id } : {}),
  });
}

function addressOf(id: string): string | undefined {
  if (id.length === 42) return getAddress(id);
  try {
    return computeAddress(id);
  } catch {
    return undefined;
  }
}
