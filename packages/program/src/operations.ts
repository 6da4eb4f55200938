import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@gridpass/core';
import { createJsonRpc } from '@gridpass/did';
import type { Store } from '@gridpass/store';
import { z } from 'zod';
import { toConnectionEvent, type ConnectionEvent } from './connection-event.js';
import type { Program } from './open-program.js';
import { createReadiness, type Check, type Readiness, type ReadyState } from './readiness.js';
import type { Running } from './run-main.js';
import type { Serving } from './serve.js';

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
  log: (event: ReadinessEvent | ConnectionEvent) => void = () => undefined,
  checks: readonly Check[] = [],
): Readiness {
  return createReadiness({
    clock,
    checks: [{ name: 'database', ask: () => store.ping() }, ...checks],
    onChange: ({ status, checks: states }) =>
      log({ kind: 'readiness', status, failing: states.flatMap((state) => (state.status === 'ok' ? [] : [state.name])) }),
    onUnexpected: (error) => log(toConnectionEvent(error)),
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

/** The readiness of an open program: its database, its logs, and its chains, which are shown and do not decide. */
export function readinessOf(
  program: Pick<Program, 'store' | 'clock' | 'chainFetch' | 'assertLogs'>,
  chains: readonly { readonly rpcUrl: string }[],
  log: (event: ReadinessEvent | ConnectionEvent) => void,
): Readiness {
  const rpcs = chains.map(({ rpcUrl }) => createJsonRpc({ url: rpcUrl, fetch: program.chainFetch }));
  const chain: Check = {
    name: 'chain',
    decides: false,
    ask: async () => void (await Promise.all(rpcs.map((rpc) => rpc('eth_blockNumber', [])))),
  };
  return openReadiness(program, log, [{ name: 'log', ask: () => program.assertLogs() }, ...(rpcs.length === 0 ? [] : [chain])]);
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
