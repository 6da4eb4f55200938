import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, InputError, ok, refuse } from '@gridpass/core';
import type { AnchoredHead, AuditPort, Clock, Did, Outcome, TenantId } from '@gridpass/core';
import type { LifecycleContext } from '@gridpass/did';

/**
 * Sees to it that what a key signed outlives it, before the key goes. Where that cannot be done the rotation is refused, or the
 * Fault why not is thrown, unless it is an emergency: then it goes on, and the log says so. Refuses CONFLICT for a DID whose
 * past nobody can show, and LOG_INCONSISTENT.
 */
export type RotationGuard = (context: LifecycleContext, did: Did, emergency: boolean) => Promise<Outcome<true>>;

/** A key that may be stolen does not wait longer than this for a chain that does not take an anchor. */
const EMERGENCY_SECONDS = 10;

/** A guard over the anchoring of one program. */
export function createRotationGuard(parts: {
  /** Brings into the log what is in the store alone. */
  readonly recover: () => Promise<unknown>;
  /** Undefined where logs are anchored nowhere. */
  readonly anchorNow: ((tenant: TenantId) => Promise<Outcome<readonly AnchoredHead[]>>) | undefined;
  readonly audit: AuditPort;
  readonly clock: Clock;
}): RotationGuard {
  const { recover, anchorNow, audit, clock } = parts;

  async function anchor(tenant: TenantId, did: Did): Promise<Outcome<true>> {
    await recover();
    if (anchorNow === undefined || !did.startsWith('did:ethr:'))
      return refuse('CONFLICT', 'rotation', 'did: nothing it issued can be shown to be older than the rotation; only as an emergency');
    const anchored = await anchorNow(tenant);
    if (!anchored.ok) return anchored;
    await untilPast(clock, anchored.value);
    return ok(true);
  }

  return async (context, did, emergency) => {
    if (!emergency) return anchor(context.tenant, did);
    const code = await codeOf(within(EMERGENCY_SECONDS, anchor(context.tenant, did)));
    if (code === undefined) return ok(true);
    const { tenant, actor, requestId } = context;
    await audit.appendRecord(tenant, {
      kind: 'act',
      requestId,
      at: clock.now(),
      action: 'did.rotate.emergency',
      reasons: [],
      actor,
      evidence: { did, emergency: true, notAnchored: code },
    });
    return ok(true);
  };
}

/** Why it did not work out; undefined where it did. What is nobody's known failure goes on as it is. */
async function codeOf(outcome: Promise<Outcome<true>>): Promise<string | undefined> {
  try {
    const anchored = await outcome;
    return anchored.ok ? undefined : anchored.refusal.code;
  } catch (error) {
    if (error instanceof Fault || error instanceof InputError) return error.code;
    throw error;
  }
}

async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = sleep(seconds * 1_000, undefined, { signal: over.signal }).then(() => {
    throw new Fault('CHAIN_UNAVAILABLE', 'the chain has not taken the anchor in time');
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    // The one that lost the race fails unheard: what it would say is decided already.
    for (const loser of [work, late]) loser.catch((error: unknown) => void error);
  }
}

/** Blocks are dated in whole seconds: a key that goes in the second of the anchor would take what the anchor covers with it. */
async function untilPast(clock: Clock, heads: readonly AnchoredHead[]): Promise<void> {
  const last = Math.max(0, ...heads.map(({ anchoredAt }) => anchoredAt));
  for (let turn = 0; turn < 50 && clock.now() <= last; turn += 1) await sleep(100);
}
