import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { InputError, marketCalendar } from '@gridpass/core';
import { NODE_CHANNEL } from '@gridpass/ledger';
import { parsePolicySet } from '@gridpass/policy';
import type { RequestShape } from '@gridpass/policy';
import { readPolicies, readTextFile } from '@gridpass/program';
import type { ChannelPolicies, ChannelPolicy } from '@gridpass/program';
import { createClaimShapes } from '@gridpass/schema';
import type { LedgerGateConfig } from './config.js';

/** What the routes of an admission and of JSON-RPC hand in. */
const ADMISSIONS: RequestShape = {
  actions: ['admit', 'claim', 'admit-account', 'withdraw-account', 'rpc'],
  attributes: { channel: { kind: 'text' } },
};

type PolicySettings = Pick<LedgerGateConfig, 'timeZone' | 'channels' | 'policies'>;

/** Reads the policy of every channel, those of this program where the configuration names no file; throws InputError CONFIG_INVALID, with the lines that are wrong. */
export const readLedgerPolicies = (config: PolicySettings): ChannelPolicies =>
  readPolicies(Object.keys(config.channels), (channel) => readPolicy(channel, config));

/** One channel's policy. Of those of this program, nodes have one of their own, and all other channels share one that looks at the channel asked for. */
function readPolicy(channel: string, { timeZone, policies }: PolicySettings): ChannelPolicy {
  const own = Object.hasOwn(policies, channel) ? policies[channel] : undefined;
  const file = channel === NODE_CHANNEL ? 'ledger_node' : 'ledger';
  const text = readTextFile(`policies.${channel}`, own ?? fileURLToPath(new URL(`../policies/${file}.cedar`, import.meta.url)));
  const policySet = parsePolicySet({
    channel,
    cedar: text,
    file: own ?? `policies/${file}.cedar`,
    claims: createClaimShapes(),
    request: ADMISSIONS,
    calendar: marketCalendar(timeZone),
  });
  return { text, policySet };
}

/** Reads every policy for the `check` of a whole configuration, so that `--check-config` tells their lines. */
export function checkPolicies({ value, issues }: z.core.ParsePayload<PolicySettings>): void {
  const say = (channel: string, message: string): void =>
    void issues.push({ code: 'custom', path: ['policies', channel], message, input: value });
  for (const channel of Object.keys(value.policies)) {
    if (!Object.hasOwn(value.channels, channel))
      say(channel, `there is no such channel; there are ${Object.keys(value.channels).join(', ')}`);
  }
  for (const channel of Object.keys(value.channels)) {
    try {
      readPolicy(channel, value);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      say(channel, error.message);
    }
  }
}
