import process from 'node:process';
import { tenantId } from '@gridpass/core';
import { toDidWeb } from '@gridpass/did';
import { openProgram, parseAnchors, readKeyFiles, startFromConfig } from '@gridpass/program';
import type { Program } from '@gridpass/program';
import { composeIssuer } from './compose.js';
import type { IssuerIdentity } from './compose.js';
import { issuerConfig } from './config.js';
import type { IssuerConfig } from './config.js';

const KEY_TYPES = {
  'did:web': 'Secp256r1',
  'did:ethr': 'Secp256k1',
  'did:jwk': 'Secp256r1',
  'did:key': 'Secp256r1',
  'did:peer': 'Secp256r1',
} as const;

await startFromConfig(issuerConfig, async (config) => {
  const program = await openProgram({
    database: config.database,
    keks: readKeyFiles(config.keyEncryptionKeys),
    chains: config.chains,
    fetch: config.fetch,
  });
  const issuer = await composeIssuer(config, {
    store: program.store,
    resolver: program.resolver,
    fetch: program.fetch,
    clock: program.clock,
    anchors: parseAnchors(config.anchors),
    identities: await openIdentities(config, program),
    log: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
    ...(program.history === undefined ? {} : { history: program.history }),
  });
  process.stdout.write(`issuer at ${issuer.url}\n`);
  return {
    close: async () => {
      await issuer.close();
      await program.close();
    },
  };
});

/** Each tenant's DID and log, made at the first start and found again later. */
async function openIdentities(config: IssuerConfig, program: Program): Promise<Record<string, IssuerIdentity>> {
  const identities: Record<string, IssuerIdentity> = {};
  for (const { tenant, provider } of config.tenants) {
    const id = tenantId(tenant);
    // did:web is spelled by the address its document is served at.
    const alias = provider === 'did:web' ? toDidWeb(`${config.publicOrigin}/t/${tenant}`).slice('did:web:'.length) : 'issuer';
    const signer = await program.identity(id, { alias, provider, keyType: KEY_TYPES[provider] });
    const audit = await program.auditLog(id, new URL(config.publicOrigin).host);
    identities[tenant] = { signer, audit, auditKey: await program.vault.publicJwk(id, 'audit-log') };
  }
  return identities;
}
