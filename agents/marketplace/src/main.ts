import process from 'node:process';
import { tenantId } from '@gridpass/core';
import { openProgram, parseAnchors, settingsFromConfig, startFromConfig } from '@gridpass/program';
import { composeMarketplace } from './compose.js';
import { marketplaceConfig } from './config.js';

await startFromConfig(marketplaceConfig, async (config, closers) => {
  const program = await openProgram(settingsFromConfig(config));
  closers.add(() => program.close());
  const tenant = tenantId(config.tenant);
  const marketplace = await composeMarketplace(config, {
    ...program,
    signer: await program.identity(tenant, {
      alias: 'market',
      provider: config.chains.length > 0 ? 'did:ethr' : 'did:jwk',
      keyType: config.chains.length > 0 ? 'Secp256k1' : 'Secp256r1',
    }),
    audit: await program.auditLog(tenant, new URL(config.publicOrigin).host),
    anchors: parseAnchors(config.anchors),
    log: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  });
  closers.add(() => marketplace.close());
  process.stdout.write(`marketplace at ${marketplace.url} and ${marketplace.mqttUrl}\n`);
  return undefined;
});
