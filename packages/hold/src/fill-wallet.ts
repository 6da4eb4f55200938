import { ok, refuse } from '@gridpass/core';
import type { Outcome, WalletFilling, WalletRelation } from '@gridpass/core';
import { randomToken } from '@gridpass/codec';
import { thumbprintOf } from '@gridpass/keys';
import type { WalletContent } from './archive.js';
import { singleAudience } from './faces.js';
import type { WalletIdentity } from './parts.js';

/** What of an archive did not come in, and is not missing: keys that are not a wallet's, and credentials that no key here can show. */
export interface LeftOut {
  /** Keys of the organisation's DID. They stay where the DID is; an archive of the version before may hold copies. */
  readonly keys: number;
  readonly credentials: number;
}

/** Everything that is to be written, under names that are made here. */
export interface Planned {
  readonly filling: WalletFilling;
  readonly leftOut: LeftOut;
}

/** Lays out how a wallet is filled with what an archive holds; nothing is written. Refuses ARCHIVE_INVALID for another wallet's archive. */
export async function planFilling(content: WalletContent, identity: WalletIdentity): Promise<Outcome<Planned>> {
  if (content.identity !== identity.kind) return refuse('ARCHIVE_INVALID', 'archive', 'identity: of another kind of wallet');
  if (identity.kind === 'single') return planSingle(content, identity);
  const keys: WalletFilling['keys'][number][] = [];
  const relations = content.relations.flatMap(({ relation, privateJwk }): readonly WalletRelation[] => {
    if (privateJwk === undefined) return [];
    const key = identity.keys.sealKey(privateJwk, 'face of an archive');
    keys.push(key);
    return [{ ...relation, keyId: key.keyId }];
  });
  return ok({ filling: renamed({ ...content, relations, keys }), leftOut: { keys: 0, credentials: 0 } });
}

/** The faces whose keys the DID has or had here; the key of now is everybody's, whatever the archive says. */
async function planSingle(content: WalletContent, identity: Extract<WalletIdentity, { kind: 'single' }>): Promise<Outcome<Planned>> {
  if (content.relations.some(({ relation }) => relation.did !== identity.did))
    return refuse('ARCHIVE_INVALID', 'archive', 'identity: of another DID');
  const known = new Map((await identity.keys.listKeys()).map(({ keyId, publicJwk }) => [thumbprintOf(publicJwk), keyId]));
  const current = identity.keyId;
  const relations = content.relations.flatMap(({ relation }): readonly WalletRelation[] => {
    const keyId = known.get(relation.thumbprint);
    if (keyId === undefined) return [];
    return [{ ...relation, keyId, audience: singleAudience(relation.relationId, keyId === current) }];
  });
  const taken = new Set(relations.map(({ relationId }) => relationId));
  const credentials = content.credentials.filter(({ relationId }) => taken.has(relationId));
  const leftOut = {
    keys: content.relations.filter(({ privateJwk }) => privateJwk !== undefined).length,
    credentials: content.credentials.length - credentials.length,
  };
  return ok({ filling: renamed({ keys: [], relations, credentials, disclosures: content.disclosures }), leftOut });
}

/** Faces get names of ours; the log keeps those of faces that did not come along apart, too. */
function renamed({ keys, relations, credentials, disclosures }: WalletFilling): WalletFilling {
  const names = new Map<string, string>();
  const nameOf = (relationId: string): string => {
    const name = names.get(relationId) ?? randomToken(12);
    names.set(relationId, name);
    return name;
  };
  const rename = <T extends { readonly relationId: string }>(item: T): T => ({ ...item, relationId: nameOf(item.relationId) });
  return { keys, relations: relations.map(rename), credentials: credentials.map(rename), disclosures: disclosures.map(rename) };
}
