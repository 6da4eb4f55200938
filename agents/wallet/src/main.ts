import process from 'node:process';
import {
  createLines,
  leaveOf,
  meterOf,
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
import { composeWallet } from './compose.js';
import { walletConfig } from './config.js';

await startFromConfig({ program: 'wallet', schema: walletConfig, settings: settingsFromConfig }, async (config, closers) => {
  const log = createLines('wallet');
  const measuring = await openMeasuring('wallet', config, { closers, log });
  const program = await openProgram({ ...settingsFromConfig(config), meter: measuring.meter });
  closers.add(() => program.close());
  measuring.watch(program);
  const readiness = readinessOf(program, config.chains, log);
  const organisations = config.wallets.filter(({ kind }) => kind === 'organisation');
  const dids = await openTenantDids(program, { ...config, tenants: organisations, alias: 'wallet', namespace: 'identity' }, closers);
  watchKeys(readiness, dids);
  const wallet = await composeWallet(config, {
    store: program.store,
    vault: program.vault,
    resolver: program.resolver,
    fetch: program.fetch,
    clock: program.clock,
    anchors: parseAnchors(config.anchors),
    identities: Object.fromEntries(Object.entries(dids.identities).map(([tenant, { signer }]) => [tenant, signer])),
    logs: Object.fromEntries(Object.entries(dids.identities).map(([tenant, { audit }]) => [tenant, audit])),
    rotation: dids.rotation,
    ...(dids.operations === undefined ? {} : { lifecycle: dids.operations.lifecycle }),
    log,
    readiness,
    ...meterOf(program),
    ...(program.history === undefined ? {} : { history: program.history }),
  });
  closers.add(() => wallet.close());
  if (dids.operations !== undefined) process.stdout.write(`relayer ${dids.operations.relayer.account}\n`);
  process.stdout.write(`wallets at ${wallet.url}\n`);
  return { ...leaveOf(config, readiness), ...reloadOf([...wallet.reloads, ...measuring.reloads], log, measuring.meter) };
});
