import { Fault, askStatus, endsAfter } from '@gridpass/core';
import type { HeldCredential } from '@gridpass/core';
import type { HolderParts } from './parts.js';
import { parseCredential } from './prove-received.js';

/** Asks the status lists of all credentials held and writes down what changed. A list that cannot be had says nothing. */
export async function refreshStates(parts: Pick<HolderParts, 'tenant' | 'repository' | 'status' | 'clock'>): Promise<number> {
  const { tenant, repository, clock } = parts;
  let changed = 0;
  for (const held of await repository.credentials(tenant)) {
    if (held.state === 'revoked' || !endsAfter(held.validUntil, clock.now())) continue;
    const state = await stateOf(held, parts);
    if (state === undefined) continue;
    if (state !== held.state) changed += 1;
    await repository.setCredentialState(tenant, { credentialId: held.credentialId, state, at: clock.now() });
  }
  return changed;
}

async function stateOf(held: HeldCredential, parts: Pick<HolderParts, 'status' | 'clock'>): Promise<HeldCredential['state'] | undefined> {
  const parsed = parseCredential(held.compact, held.format);
  if (!parsed.ok) return undefined;
  try {
    const checked = await askStatus(parts.status, { references: parsed.value.content.status, issuer: held.issuer, at: parts.clock.now() });
    if (checked.ok) return 'valid';
    if (checked.refusal.code === 'REVOKED') return 'revoked';
    return checked.refusal.code === 'SUSPENDED' ? 'suspended' : undefined;
  } catch (error) {
    if (error instanceof Fault && (error.code === 'STATUS_UNAVAILABLE' || error.code === 'STATUS_STALE')) return undefined;
    throw error;
  }
}
