import { readFileSync } from 'node:fs';
import { parsePolicySet, type PolicySet } from '@gridpass/policy';

/** The trading channels that are open here; the others of the field wait for the credentials they ask for. */
export const OPEN_CHANNELS = ['behind_the_meter', 'multi_class'] as const;

/** One channel's policy, as text to show and as a set to decide with. */
export interface ChannelPolicy {
  readonly text: string;
  readonly policySet: PolicySet;
}

/** Reads a policy file of this program; throws InputError CONFIG_INVALID when it is no policy. */
export function readPolicy(channel: string): ChannelPolicy {
  const text = readFileSync(new URL(`../policies/${channel}.cedar`, import.meta.url), 'utf8');
  return { text, policySet: parsePolicySet({ channel, cedar: text }) };
}
