import { Fault, isError, ok } from '@gridpass/core';
import type {
  Clock,
  Digest,
  Outcome,
  RelayEnd,
  RelayPort,
  RelayRepository,
  RelayState,
  SignedRegistryCall,
  TenantId,
} from '@gridpass/core';
import type { Account, AccountSigner } from '../account.js';
import type { Chain } from '../chain.js';
import { createNodeView } from './node-view.js';
import { nameCall } from './registry-call.js';
import { playRound } from './round.js';
import type { RelayerSettings, RoundParts } from './round.js';

/** What a relayer is made of. */
export interface RelayerParts {
  readonly repository: RelayRepository;
  readonly chain: Chain;
  /** Pays. Its account should send nothing else; where it does, nothing is lost, but calls take a turn more. */
  readonly signer: AccountSigner;
  readonly registry: Account;
  readonly clock: Clock;
  readonly settings?: Partial<RelayerSettings>;
  /** Told why a round broke off; it is repeated. */
  readonly onFault?: (fault: Fault) => void;
  readonly before?: RoundParts['before'];
}

/** Sends and pays for signed calls of an ERC-1056 registry. */
export interface Relayer extends RelayPort {
  readonly account: Account;
  /** How many of a tenant's calls are in which state, and whether the last round came through. */
  status(
    tenant: TenantId,
  ): Promise<{ readonly account: Account; readonly states: Readonly<Record<RelayState, number>>; readonly lastFault: string }>;
  /** Ends after the step under way; what is open goes on with the next relayer. */
  close(): Promise<void>;
}

export const RELAYER_SETTINGS: RelayerSettings = Object.freeze({
  stuckSeconds: 30,
  confirmations: 1,
  maxOpen: 100,
  pollMs: 100,
  maxBackOffMs: 10_000,
  waitSeconds: 60,
});
/** Other replicas' additions are found so late at most. */
const IDLE_MS = 2_000;

/**
 * Starts a relayer. Every step is on disk before the node hears of it: a call is queued, a transaction is written with its
 * nonce and then handed over, so that whoever starts next goes on from there; a registry nonce in each call keeps a repeated
 * one from taking effect twice. A node that is away is asked again with a growing pause.
 */
export function createRelayer(parts: RelayerParts): Relayer {
  const { repository, chain, signer, clock } = parts;
  const settings = { ...RELAYER_SETTINGS, ...parts.settings };
  const registry = { chainId: chain.chainId, registry: parts.registry.toLowerCase() };
  const round: RoundParts = {
    repository,
    signer,
    registry,
    clock,
    settings,
    node: createNodeView(chain, registry.registry, signer.account),
    ...(parts.before === undefined ? {} : { before: parts.before }),
  };
  const bell = createBell();
  let closed = false;
  let lastFault = '';

  async function run(): Promise<void> {
    let pause = settings.pollMs;
    while (!closed) {
      try {
        const open = await playRound(round);
        lastFault = '';
        pause = settings.pollMs;
        await bell.wait(open === 0 ? IDLE_MS : settings.pollMs);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        lastFault = error.code;
        parts.onFault?.(error);
        pause = Math.min(pause * 2, settings.maxBackOffMs);
        await bell.wait(pause, 'quiet');
      }
    }
  }
  // What is no Fault is a mistake of ours: it ends the loop and is told to whoever closes or waits.
  let broken: unknown;
  const running = run().catch((error: unknown) => {
    broken = error;
  });

  async function settled(tenant: TenantId, id: Digest, giveUp: number): Promise<RelayEnd> {
    for (;;) {
      if (broken !== undefined) throw new Fault('INTERNAL', 'the relayer has ended', { cause: broken });
      const request = await repository.readRequest(tenant, id);
      if (request === undefined) throw new Fault('INTERNAL', 'the relayer has no such call');
      const { state, minedHash: hash, minedBlock: block, reason } = request;
      if (state === 'mined' || state === 'failed') return { id, state, hash, block, reason };
      if (performance.now() >= giveUp)
        throw new Fault('CHAIN_UNAVAILABLE', `the call is not on the chain after ${settings.waitSeconds} s; it goes on`);
      await new Promise((resolve) => {
        setTimeout(resolve, Math.min(settings.pollMs, 100));
      });
    }
  }

  return {
    account: signer.account,
    addCalls: async (tenant: TenantId, calls: readonly SignedRegistryCall[]): Promise<Outcome<readonly Digest[]>> => {
      const named = [];
      for (const call of calls) {
        const one = nameCall(call, registry);
        if (!one.ok) return one;
        named.push(one.value);
      }
      const added = await repository.addCalls(tenant, named, clock.now(), settings.maxOpen);
      if (!added.ok) return added;
      bell.ring();
      return ok(named.map(({ id }) => id));
    },
    nextNonce: (tenant, name) => repository.nextNonce(tenant, { ...name, registry: name.registry.toLowerCase() }),
    settled: async (tenant, ids) => {
      const giveUp = performance.now() + settings.waitSeconds * 1000;
      const ends: RelayEnd[] = [];
      for (const id of ids) ends.push(await settled(tenant, id, giveUp));
      return ends;
    },
    status: async (tenant) => ({ account: signer.account, states: await repository.countStates(tenant, registry), lastFault }),
    close: async () => {
      closed = true;
      bell.ring('loud');
      await running;
      if (isError(broken)) throw broken;
    },
  };
}

/** A pause that a new call cuts short; while the node is away (`quiet`) only the end does. */
function createBell(): { ring(how?: 'loud'): void; wait(ms: number, how?: 'quiet'): Promise<void> } {
  let rung: 'no' | 'yes' | 'loud' = 'no';
  let wake: ((how: 'yes' | 'loud') => void) | undefined;
  return {
    ring: (how) => {
      if (rung !== 'loud') rung = how ?? 'yes';
      wake?.(how ?? 'yes');
    },
    wait: async (ms, how) => {
      if (rung === 'loud' || (rung === 'yes' && how !== 'quiet')) {
        if (rung === 'yes') rung = 'no';
        return;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        timer.unref();
        wake = (ring) => {
          if (how === 'quiet' && ring !== 'loud') return;
          clearTimeout(timer);
          resolve();
        };
      });
      wake = undefined;
      if (rung === 'yes') rung = 'no';
    },
  };
}
