import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { InputError, marketCalendar } from '@gridpass/core';
import { NODE_CHANNEL } from '@gridpass/ledger';
import { parsePolicySet } from '@gridpass/policy';
import type { PolicySet, RequestShape } from '@gridpass/policy';
import { createClaimShapes } from '@gridpass/schema';

/** What the routes of an admission and of JSON-RPC hand in. */
const ADMISSIONS: RequestShape = {
  actions: ['admit', 'claim', 'admit-account', 'withdraw-account', 'rpc'],
  attributes: { channel: { kind: 'text' } },
};

/** One channel's policy: nodes have one of their own, all other channels share one that looks at the channel asked for. */
export function readPolicy(channel: string, timeZone: string): { readonly text: string; readonly policySet: PolicySet } {
  const file = channel === NODE_CHANNEL ? 'ledger_node' : 'ledger';
  const text = readFileSync(new URL(`../policies/${file}.cedar`, import.meta.url), 'utf8');
  const policySet = parsePolicySet({
    channel,
    cedar: text,
    file: `policies/${file}.cedar`,
    claims: createClaimShapes(),
    request: ADMISSIONS,
    calendar: marketCalendar(timeZone),
  });
  return { text, policySet };
}

/** Reads every policy for the `check` of a whole configuration, so that `--check-config` tells their lines. */
export function checkPolicies({
  value,
  issues,
}: z.core.ParsePayload<{ readonly timeZone: string; readonly channels: Readonly<Record<string, unknown>> }>): void {
  for (const channel of Object.keys(value.channels)) {
    try {
      readPolicy(channel, value.timeZone);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      issues.push({ code: 'custom', path: ['channels'], message: error.message, input: value });
    }
  }
}
