import type { FaultCode } from './codes.js';
import { Fault } from './outcome.js';

/** Faults of this very program: they would meet every piece of its work alike, and are not for one of them to tell. */
const OWN_FAULTS: ReadonlySet<FaultCode> = new Set<FaultCode>([
  'STORE_UNAVAILABLE',
  'AUDIT_UNAVAILABLE',
  'KEY_UNAVAILABLE',
  'POLICY_UNUSABLE',
  'PORT_BUSY',
  'INTERNAL',
]);

/**
 * Whether what was thrown is a fault of what one piece of work needs of others: their answers, DIDs, lists, chains. Background work tells it and
 * goes on with the next piece; anything else ends the round.
 *
 * @example if (!isFaultOfOthers(thrown)) throw thrown;
 */
export const isFaultOfOthers = (thrown: unknown): thrown is Fault => thrown instanceof Fault && !OWN_FAULTS.has(thrown.code);
