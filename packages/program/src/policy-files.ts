import { randomToken } from '@gridpass/codec';
import { Fault, InputError, type AuditPort, type Clock, type RequestId, type TenantId } from '@gridpass/core';
import type { PolicySet } from '@gridpass/policy';
import type { Reload } from './reload.js';

/** One channel's policy, as text to show and as a set to decide with. */
export interface ChannelPolicy {
  readonly text: string;
  readonly policySet: PolicySet;
}

/** Policies by channel; all of one reading. */
export type ChannelPolicies = ReadonlyMap<string, ChannelPolicy>;

/** Reads the policy of each channel; throws one InputError CONFIG_INVALID with the lines that are wrong in all of them. */
export function readPolicies<C extends string>(channels: readonly C[], read: (channel: C) => ChannelPolicy): ChannelPolicies {
  const problems: string[] = [];
  const policies = new Map<string, ChannelPolicy>();
  for (const channel of channels) {
    try {
      policies.set(channel, read(channel));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new InputError('CONFIG_INVALID', [...new Set(problems)].join('\n'));
  return policies;
}

/** The policy of a channel that has one. */
export function policyIn(policies: ChannelPolicies, channel: string): ChannelPolicy {
  const policy = policies.get(channel);
  if (policy === undefined) throw new Fault('POLICY_UNUSABLE', `the channel ${channel} has no policy`);
  return policy;
}

/** What a reading of policies while the program runs needs. */
export interface PolicyReloadParts {
  readonly tenant: TenantId;
  readonly audit: AuditPort;
  readonly clock: Clock;
  /** Reads and checks all of them, as at the start. */
  readonly read: () => ChannelPolicies;
  readonly current: () => ChannelPolicies;
  /** Puts them in force, at once for all channels. */
  readonly put: (policies: ChannelPolicies) => void;
}

/**
 * Takes the policies that lie in the files now, all or none. INVARIANT: the change is in the log, with the digests before and after, before
 * anything is decided by it; where the log cannot take it, the old ones stay in force.
 */
export function createPolicyReload({ tenant, audit, clock, read, current, put }: PolicyReloadParts): Reload {
  return {
    key: 'policies',
    take: async () => {
      const next = read();
      const now = hashesOf(next);
      const before = hashesOf(current());
      const changed = Object.keys(now).filter((channel) => now[channel] !== before[channel]);
      if (changed.length > 0) {
        await audit.appendRecord(tenant, {
          kind: 'act',
          requestId: randomToken(16) as RequestId,
          at: clock.now(),
          action: 'policies.reload',
          actor: 'SIGHUP',
          reasons: [],
          evidence: Object.fromEntries(changed.map((channel) => [channel, { before: before[channel] ?? '', after: now[channel] ?? '' }])),
        });
      }
      put(next);
      return now;
    },
  };
}

const hashesOf = (policies: ChannelPolicies): Record<string, string> =>
  Object.fromEntries([...policies].map(([channel, { policySet }]) => [channel, policySet.hash]));
