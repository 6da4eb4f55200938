import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, type BacklogRepository, type Clock, type OutboxName } from '@gridpass/core';
import { createJsonRpc } from '@gridpass/did';
import { toUnexpectedEvent, type GateEvent } from '@gridpass/gate';
import { createBacklogRepository, type Store } from '@gridpass/store';
import { z } from 'zod';
import type { Program } from './open-program.js';
import { createReadiness, type Check, type Readiness, type ReadyState } from './readiness.js';
import type { Running } from './run-main.js';
import type { Serving } from './serve.js';
import type { TenantDids } from './tenant-dids.js';

/** How a program takes its leave; spread it into the program's own strict object. */
export const stopConfig = {
  drainSeconds: z
    .int()
    .min(0)
    .max(3_600)
    .default(0)
    .describe('how long a program that was sent SIGTERM still answers, with /readyz at 503, before it takes nothing more'),
  stopSeconds: z
    .int()
    .positive()
    .max(3_600)
    .default(30)
    .describe('how long after that requests in flight and stores may take to end before the process is ended'),
} as const;

/** What is told where a program becomes ready or is so no longer. */
export interface ReadinessEvent extends Pick<ReadyState, 'status'> {
  readonly kind: 'readiness';
  readonly failing: readonly string[];
}

/** The readiness of a program over its store. */
function openReadiness(
  { store, clock }: { readonly store: Pick<Store, 'ping'>; readonly clock: Clock },
  log: (event: ReadinessEvent | GateEvent) => void = () => undefined,
  checks: readonly Check[] = [],
): Readiness {
  return createReadiness({
    clock,
    checks: [{ name: 'database', ask: () => store.ping() }, ...checks],
    onChange: ({ status, checks: states }) =>
      log({ kind: 'readiness', status, failing: states.flatMap((state) => (state.status === 'ok' ? [] : [state.name])) }),
    onUnexpected: (error) => log(toUnexpectedEvent(error)),
  });
}

/** How a composed program is served: with the readiness that it was given, or with that of its store. */
export function servingOf(
  parts: {
    readonly store: Pick<Store, 'ping'>;
    readonly clock: Clock;
    readonly log: Serving['log'];
    readonly readiness?: Readiness;
    readonly meter?: Serving['meter'];
  },
  tenant?: string,
): Serving {
  return {
    readiness: parts.readiness ?? openReadiness(parts),
    log: parts.log,
    ...(parts.meter === undefined ? {} : { meter: parts.meter }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}

/** How long what waits in an outbox may wait before `/readyz` shows it, in seconds. */
export const OUTBOX_STUCK_SECONDS = 900;

/** What the program itself brings to its end, and nobody else has to answer first. */
const OWN_OUTBOXES: readonly OutboxName[] = ['acts', 'news', 'relay', 'transfers', 'renewals'];

/** Throws where the oldest of what waits has waited for longer than the bound. */
async function assertNotStuck(backlog: BacklogRepository, clock: Clock): Promise<void> {
  const boxes = await backlog.readOutboxes(clock.now());
  const before = clock.now() - OUTBOX_STUCK_SECONDS;
  if (OWN_OUTBOXES.some((name) => (boxes[name].oldestAt ?? before) < before))
    throw new Fault('INTERNAL', 'something has waited in an outbox for longer than its bound');
}

/** Has the keys of a program's tenants decide whether it is ready: without them it issues, presents and lets in nobody. */
export function watchKeys(readiness: Pick<Readiness, 'add'>, { assertKeys }: Pick<TenantDids, 'assertKeys'>): void {
  if (assertKeys !== undefined) readiness.add({ name: 'keys', ask: assertKeys });
}

/**
 * The readiness of an open program: its database, its logs, and what is shown and does not decide: its chains, and its outboxes, which replicas share, so that all of
 * them would be taken out at once.
 */
export function readinessOf(
  program: Pick<Program, 'store' | 'clock' | 'chainFetch' | 'assertLogs'>,
  chains: readonly { readonly rpcUrl: string }[],
  log: (event: ReadinessEvent | GateEvent) => void,
): Readiness {
  const rpcs = chains.map(({ rpcUrl }) => createJsonRpc({ url: rpcUrl, fetch: program.chainFetch }));
  const chain: Check = {
    name: 'chain',
    decides: false,
    ask: async () => void (await Promise.all(rpcs.map((rpc) => rpc('eth_blockNumber', [])))),
  };
  return openReadiness(program, log, [
    { name: 'log', ask: () => program.assertLogs() },
    { name: 'outbox', decides: false, ask: () => assertNotStuck(createBacklogRepository(program.store), program.clock) },
    ...(rpcs.length === 0 ? [] : [chain]),
  ]);
}

/** What `startFromConfig` is told of how a program ends. */
export function leaveOf(
  { drainSeconds, stopSeconds }: { readonly drainSeconds: number; readonly stopSeconds: number },
  readiness: Pick<Readiness, 'drain'>,
): Pick<Running, 'drain' | 'endsWithinSeconds'> {
  return {
    endsWithinSeconds: drainSeconds + stopSeconds,
    drain: async () => {
      readiness.drain();
      await sleep(drainSeconds * 1_000);
    },
  };
}
