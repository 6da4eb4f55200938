import { Fault } from '@gridpass/core';
import type { JsonObject, Outcome } from '@gridpass/core';
import type { GateEvent } from '@gridpass/gate';

/** Reads the market's own MarketOperatorRole as a compact `vc+jwt`; refuses when there is none (yet), throws Fault when it cannot be had now. */
export type ReadRegistration = () => Promise<Outcome<string>>;

/**
 * What is attached to requests: the registration, which says who asks and what it may ask for. Wallets prove it themselves. Without
 * it the market goes on asking, as somebody unregistered: it loses trust that way and gains none, and a regulator that does not
 * answer stops no trade.
 */
export function createVerifierInfo(
  readRegistration: ReadRegistration,
  log: (event: GateEvent) => void,
): () => Promise<readonly JsonObject[]> {
  const tell = (status: number, code: string): readonly [] => {
    log({ requestId: 'registration', status, code });
    return [];
  };
  return async () => {
    try {
      const registration = await readRegistration();
      return registration.ok ? [{ format: 'vc+jwt', data: registration.value }] : tell(401, registration.refusal.code);
    } catch (error) {
      if (error instanceof Fault) return tell(503, error.code);
      throw error;
    }
  };
}
