import process from 'node:process';
import { Fault, tenantId } from '@gridpass/core';
import { thumbprintOf } from '@gridpass/keys';
import { toDidWeb } from '@gridpass/did';
import { openProgram, parseAnchors, readKeyFiles, startFromConfig } from '@gridpass/program';
import type { Program } from '@gridpass/program';
import { composeWallet } from './compose.js';
import type { OrganisationIdentity } from './compose.js';
import { walletConfig } from './config.js';
import type { WalletConfig } from './config.js';

const KEY_TYPES = { 'did:web': 'Secp256r1', 'did:ethr': 'Secp256k1', 'did:jwk': 'Secp256r1', 'did:key': 'Secp256r1' } as const;

await startFromConfig(walletConfig, async (config) => {
  const program = await openProgram({
    database: config.database,
    keks: readKeyFiles(config.keyEncryptionKeys),
    chains: config.chains,
    fetch: config.fetch,
  });
  const wallet = await composeWallet(config, {
    store: program.store,
    vault: program.vault,
    resolver: program.resolver,
    fetch: program.fetch,
    clock: program.clock,
    anchors: parseAnchors(config.anchors),
    identities: await openIdentities(config, program),
    log: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  });
  process.stdout.write(`wallets at ${wallet.url}\n`);
  return {
    close: async () => {
      await wallet.close();
      await program.close();
    },
  };
});

/** Each organisation's DID, made at the first start and found again later. */
async function openIdentities(config: WalletConfig, program: Program): Promise<Record<string, OrganisationIdentity>> {
  const identities: Record<string, OrganisationIdentity> = {};
  for (const { tenant, kind, provider } of config.wallets) {
    if (kind === 'household') continue;
    const id = tenantId(tenant);
    const alias = provider === 'did:web' ? toDidWeb(`${config.publicOrigin}/t/${tenant}`).slice('did:web:'.length) : 'wallet';
    const signer = await program.identity(id, { alias, provider, keyType: KEY_TYPES[provider] });
    const thumbprint = thumbprintOf(signer.publicJwk);
    const key = (await program.vault.listKeys(id)).find(({ publicJwk }) => thumbprintOf(publicJwk) === thumbprint);
    if (key === undefined) throw new Fault('KEY_UNAVAILABLE', `the key of ${tenant} is not in the vault`);
    identities[tenant] = { did: signer.did, kid: signer.kid, keyId: key.keyId };
  }
  return identities;
}
