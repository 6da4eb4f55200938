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
  readinessOf,
  reloadOf,
  settingsFromConfig,
  startFromConfig,
  watchKeys,
} from '@gridpass/program';
import { composeMarketplace } from './compose.js';
import { marketplaceConfig } from './config.js';
import { checkPolicies } from './policies.js';

const schema = marketplaceConfig.check(checkChains).check(checkTls).check(checkAuditor).check(checkPolicies);

await startFromConfig({ program: 'marketplace', schema, settings: settingsFromConfig }, async (config, closers) => {
  const log = createLines('marketplace');
  const measuring = await openMeasuring('marketplace', config, { closers, log });
  const program = await openProgram({ ...settingsFromConfig(config), meter: measuring.meter });
  closers.add(() => program.close());
  measuring.watch(program);
  const readiness = readinessOf(program, config.chains, log);
  const tenant = tenantId(config.tenant);
  const provider = config.chains.length > 0 ? 'did:ethr' : 'did:jwk';
  const dids = await openTenantDids(program, { ...config, tenants: [{ tenant, provider }], alias: 'market', namespace: 'gate' }, closers);
  watchKeys(readiness, dids);
  const { signer, audit } = identityOf(dids, tenant);
  const evidence = await program.keptEvidence(tenant, {
    keepDays: config.keepEvidenceDays,
    onFault: (code) => log({ kind: 'fault', code }),
  });
  const marketplace = await composeMarketplace(config, {
    ...program,
    signer,
    audit,
    exportLog: () => audit.exportLog(tenant),
    evidence,
    nonceSecrets: await program.nonceSecrets(tenant),
    ownDid: createOwnDid({ tenant, did: signer.did, rotation: dids.rotation, lifecycle: dids.operations?.lifecycle }),
    anchors: parseAnchors(config.anchors),
    log,
    readiness,
  });
  closers.add(() => marketplace.close());
  process.stdout.write(`marketplace at ${marketplace.url} and ${marketplace.mqttUrl}\n`);
  return { ...leaveOf(config, readiness), ...reloadOf([...marketplace.reloads, ...measuring.reloads], log, measuring.meter) };
});
