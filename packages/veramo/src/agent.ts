import { createAgent as createVeramoAgent } from '@veramo/core';
import type { IAgentPlugin, IDIDManager, IKeyManager, IResolver, TAgent } from '@veramo/core-types';
import { DIDManager } from '@veramo/did-manager';
import { DIDResolverPlugin } from '@veramo/did-resolver';
import { KeyManager } from '@veramo/key-manager';
import type { FetchPort } from '@gridpass/core';
import type { createDidResolver, EthrChain } from '@gridpass/did';
import { createDidProviders } from './providers.js';
import { RepositoryDidStore } from './did-store.js';
import type { DidStoreParts } from './did-store.js';
import { KMS_NAME, VaultKeyStore, VaultKms } from './vault-kms.js';

/** What a Gridpass agent can always do; verbs of `plugins` come on top. */
export type GridpassAgent = TAgent<IKeyManager & IDIDManager & IResolver>;

export interface AgentParts extends DidStoreParts {
  readonly resolver: Pick<ReturnType<typeof createDidResolver>, 'resolver'>;
  /** Chains for did:ethr; the first is meant by `did:ethr` alone. */
  readonly chains: readonly EthrChain[];
  /** The way to the chains; without it a did:ethr is made and read, but not changed. */
  readonly chainFetch?: FetchPort;
  /** Provider used where the caller names none, e.g. `did:jwk`. */
  readonly defaultProvider: string;
  readonly plugins?: readonly IAgentPlugin[];
}

/**
 * A Veramo agent for one tenant and one namespace of its keys, which lie in the vault, whose DIDs lie in the store and whose resolver is ours.
 * The caller keeps `DEBUG=veramo:*` off where keys are imported: Veramo's own
 * debug log prints arguments.
 */
export function createAgent(parts: AgentParts): GridpassAgent {
  return createVeramoAgent<IKeyManager & IDIDManager & IResolver>({
    schemaValidation: false,
    plugins: [
      new KeyManager({ store: new VaultKeyStore(parts), kms: { [KMS_NAME]: new VaultKms(parts) } }),
      new DIDManager({
        store: new RepositoryDidStore(parts),
        defaultProvider: parts.defaultProvider,
        providers: createDidProviders({
          chains: parts.chains,
          defaultKms: KMS_NAME,
          ...(parts.chainFetch === undefined ? {} : { chainFetch: parts.chainFetch }),
        }),
      }),
      new DIDResolverPlugin({ resolver: parts.resolver.resolver }),
      ...(parts.plugins ?? []),
    ],
  });
}
