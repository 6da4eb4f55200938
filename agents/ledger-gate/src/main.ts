import { readFileSync } from 'node:fs';
import process from 'node:process';
import { assertOk, InputError, tenantId } from '@gridpass/core';
import { parseDid } from '@gridpass/did';
import { accountFromPrivateKey } from '@gridpass/ledger';
import type { AccountSigner } from '@gridpass/ledger';
import { openProgram, readKeyFiles, startFromConfig } from '@gridpass/program';
import { composeLedgerGate } from './compose.js';
import { ledgerGateConfig } from './config.js';

await startFromConfig(ledgerGateConfig, async (config) => {
  const account = readAccount(config.accountKeyFile);
  const program = await openProgram({ ...config, keks: readKeyFiles(config.keyEncryptionKeys) });
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
    anchors: config.anchors.map(({ did, mayIssue }) => ({ did: assertOk(parseDid(did)), mayIssue })),
    log: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  });
  process.stdout.write(`ledger gate at ${ledgerGate.url}, JSON-RPC at ${ledgerGate.rpcUrl}\n`);
  return {
    close: async () => {
      await ledgerGate.close();
      await program.close();
    },
  };
});

function readAccount(file: string): AccountSigner {
  try {
    return accountFromPrivateKey(readFileSync(file, 'utf8').trim());
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('CONFIG_INVALID', `accountKeyFile: ${file} cannot be read; write 0x and 64 hexadecimal digits into it`, { cause });
  }
}
