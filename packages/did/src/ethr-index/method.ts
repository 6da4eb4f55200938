import type { DIDResolver } from 'did-resolver';
import { InputError } from '@gridpass/core';
import type { EthrIndex } from './ethr-index.js';
import { chainOf } from './subject.js';

/** The indexes of a resolver: did:ethr names a chain and no registry, so that one registry of each chain answers. */
export interface EthrIndexes {
  /** The index that answers for a DID; undefined for other methods and for chains without one. */
  indexOf(did: string): EthrIndex | undefined;
}

/** Throws InputError CONFIG_INVALID when two indexes are of one chain: keep them apart by chain id and registry, resolve by one. */
export function createEthrIndexes(indexes: readonly EthrIndex[]): EthrIndexes {
  const byChain = new Map(indexes.map((index) => [index.name.chainId, index]));
  if (byChain.size !== indexes.length) throw new InputError('CONFIG_INVALID', 'did:ethr index: each chain has one registry that answers');
  return {
    indexOf: (did) => {
      const chainId = byChain.size === 0 ? undefined : chainOf(did);
      return chainId === undefined ? undefined : byChain.get(chainId);
    },
  };
}

/** did:ethr served by indexes; chains without one go to `otherwise`. */
export function createEthrIndexMethod(indexes: EthrIndexes, otherwise: DIDResolver): DIDResolver {
  return async (did, parsed, resolver, options) => {
    const index = indexes.indexOf(parsed.did);
    if (index === undefined) return otherwise(did, parsed, resolver, options);
    if (parsed.query === undefined && options['versionTime'] === undefined) return index.resolve(did, { accept: options.accept });
    const query = new URLSearchParams(parsed.query ?? '');
    const versionTime: unknown = options['versionTime'] ?? query.get('versionTime') ?? undefined;
    return index.resolve(did, {
      versionId: query.get('versionId') ?? undefined,
      accept: options.accept,
      versionTime: typeof versionTime === 'string' || versionTime === undefined ? versionTime : 'unreadable',
    });
  };
}
