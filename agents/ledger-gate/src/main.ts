import process from 'node:process';
import { tenantId } from '@gridpass/core';
import { openProgram, parseAnchors, readAccountFile, settingsFromConfig, startFromConfig } from '@gridpass/program';
import { composeLedgerGate } from './compose.js';
import { ledgerGateConfig } from './config.js';

await startFromConfig(ledgerGateConfig, async (config, closers) => {
  const account = readAccountFile('accountKeyFile', config.accountKeyFile);
  const program = await openProgram(settingsFromConfig(config));
  closers.add(() => program.close());
  const tenant = tenantId(config.tenant);
  const ledgerGate = await composeLedgerGate(config, {
    ...program,
    account,
    signer: await program.identity(tenant, {
      alias: 'ledger-gate',
      provider: config.did,
      keyType: config.did === 'did:ethr' ? 'Secp256k1' : 'Secp256r1',
    }),
    audit: await program.auditLog(tenant, new URL(config.publicOrigin).host),
    anchors: parseAnchors(config.anchors),
    log: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  });
  closers.add(() => ledgerGate.close());
  process.stdout.write(`ledger gate at ${ledgerGate.url}, JSON-RPC at ${ledgerGate.rpcUrl}\n`);
  return undefined;
});
