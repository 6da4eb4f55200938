import process from 'node:process';
import { tenantId } from '@gridpass/core';
import {
  checkAuditor,
  checkChains,
  checkTls,
  createLines,
  createOwnDid,
  identityOf,
  leaveOf,
  openMeasuring,
  openProgram,
  openTenantDids,
  parseAnchors,
  readAccountFile,
  readinessOf,
  reloadOf,
  settingsFromConfig,
  startFromConfig,
  watchKeys,
} from '@gridpass/program';
import { composeLedgerGate } from './compose.js';
import { ledgerGateConfig } from './config.js';
import { checkPolicies } from './policies.js';

const schema = ledgerGateConfig.check(checkChains).check(checkTls).check(checkAuditor).check(checkPolicies);

await startFromConfig({ program: 'ledger-gate', schema, settings: settingsFromConfig }, async (config, closers) => {
  const account = readAccountFile('accountKeyFile', config.accountKeyFile);
  const log = createLines('ledger-gate');
  const measuring = await openMeasuring('ledger-gate', config, { closers, log });
  const program = await openProgram({ ...settingsFromConfig(config), meter: measuring.meter });
  closers.add(() => program.close());
  measuring.watch(program);
  const readiness = readinessOf(program, [], log);
  const tenant = tenantId(config.tenant);
  const dids = await openTenantDids(
    program,
    { ...config, tenants: [{ tenant, provider: config.did }], alias: 'ledger-gate', namespace: 'gate' },
    closers,
  );
  watchKeys(readiness, dids);
  const { operations, rotation } = dids;
  const { signer, audit } = identityOf(dids, tenant);
  const evidence = await program.keptEvidence(tenant, {
    keepDays: config.keepEvidenceDays,
    onFault: (code) => log({ kind: 'fault', code }),
  });
  const ledgerGate = await composeLedgerGate(config, {
    ...program,
    account,
    signer,
    audit,
    exportLog: () => audit.exportLog(tenant),
    evidence,
    nonceSecrets: await program.nonceSecrets(tenant),
    ownDid: createOwnDid({ tenant, did: signer.did, rotation, lifecycle: operations?.lifecycle }),
    anchors: parseAnchors(config.anchors),
    log,
    readiness,
  });
  closers.add(() => ledgerGate.close());
  process.stdout.write(`ledger gate at ${ledgerGate.url}, JSON-RPC at ${ledgerGate.rpcUrl}\n`);
  return { ...leaveOf(config, readiness), ...reloadOf([...ledgerGate.reloads, ...measuring.reloads], log, measuring.meter) };
});
