import type { FaultCode, RefusalCode } from '../codes.js';

/** The steps from what was received to what is granted that ask somebody. */
export const STAGES = ['resolve', 'prove', 'status', 'trust', 'record', 'grant'] as const;
export type Stage = (typeof STAGES)[number];

/** Memories that spare a question to somebody else. */
export const CACHES = ['resolver', 'status-lists'] as const;
export type CacheName = (typeof CACHES)[number];

/** How something ended that asked to be let in or let through. */
export type MeteredEffect = 'permit' | 'deny' | 'refusal' | 'fault';

/**
 * What is counted and timed, for operators. INVARIANT: every argument is one of a closed set: no DID, no path, no address and nothing that
 * a client chooses ever reaches it, for each value is a series that is kept as long as the program.
 */
export interface Meter {
  /** A verdict, a refusal or a fault; `code` is '' for a permit. */
  decided(effect: MeteredEffect, code: RefusalCode | FaultCode | ''): void;
  /** Runs a stage and notes how long it took, also where it throws. */
  readonly time: <T>(stage: Stage, run: () => Promise<T>) => Promise<T>;
  /** Whether a cache knew the answer. */
  looked(cache: CacheName, hit: boolean): void;
}

/** For whoever measures nothing. */
export const NO_METER: Meter = Object.freeze({
  decided: () => undefined,
  time: <T>(_stage: Stage, run: () => Promise<T>) => run(),
  looked: () => undefined,
});
