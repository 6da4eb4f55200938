import process from 'node:process';
import { assertOk } from '@gridpass/core';
import { connectChain, parseAccount } from '@gridpass/ledger';
import {
  createLines,
  leaveOf,
  meterOf,
  openAccount,
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
import type { Closers, Program } from '@gridpass/program';
import { composeIssuer } from './compose.js';
import type { LedgerParts } from './adapters/anchor-logs.js';
import { issuerConfig } from './config.js';
import type { IssuerConfig } from './config.js';

await startFromConfig({ program: 'issuer', schema: issuerConfig, settings: settingsFromConfig }, async (config, closers) => {
  const log = createLines('issuer');
  const measuring = await openMeasuring('issuer', config, { closers, log });
  const program = await openProgram({ ...settingsFromConfig(config), meter: measuring.meter });
  closers.add(() => program.close());
  measuring.watch(program);
  const readiness = readinessOf(program, config.chains, log);
  const dids = await openTenantDids(program, { ...config, alias: 'issuer', namespace: 'issuing' }, closers);
  watchKeys(readiness, dids);
  const ledger = await openAnchoring(config, program, closers);
  const issuer = await composeIssuer(config, {
    store: program.store,
    resolver: program.resolver,
    fetch: program.fetch,
    clock: program.clock,
    anchors: parseAnchors(config.anchors),
    identities: dids.identities,
    rotation: dids.rotation,
    holding: {
      vault: program.vault,
      keys: Object.fromEntries(Object.entries(dids.identities).map(([tenant, { signer }]) => [tenant, signer])),
    },
    log,
    readiness,
    ...meterOf(program),
    lostChanges: (tenant) => program.lostChanges(tenant),
    ...(dids.operations === undefined ? {} : { operations: dids.operations }),
    ...(ledger === undefined ? {} : { ledger }),
    ...(program.history === undefined ? {} : { history: program.history }),
  });
  closers.add(() => issuer.close());
  if (dids.operations !== undefined) process.stdout.write(`relayer ${dids.operations.relayer.account}\n`);
  if (ledger !== undefined) process.stdout.write(`anchors as ${ledger.account.account}\n`);
  process.stdout.write(`issuer at ${issuer.url}\n`);
  return { ...leaveOf(config, readiness), ...reloadOf([...issuer.reloads, ...measuring.reloads], log, measuring.meter) };
});

/** Where the logs are anchored: on the first chain, where it has an AuditAnchor. */
async function openAnchoring(config: IssuerConfig, program: Program, closers: Closers): Promise<LedgerParts | undefined> {
  const [first] = config.chains;
  if (first?.auditAnchor === undefined) return undefined;
  const account = await openAccount(program, 'anchorAccountKeyFile', config.anchorAccountKeyFile, 'anchor-account');
  const chain = connectChain({ chainId: first.chainId, rpcUrl: first.rpcUrl });
  closers.add(() => chain.close());
  return { chain, auditAnchor: assertOk(parseAccount(first.auditAnchor.toLowerCase())), account };
}
