import { readFileSync } from 'node:fs';
import { NODE_CHANNEL } from '@gridpass/ledger';
import { parsePolicySet } from '@gridpass/policy';
import type { PolicySet } from '@gridpass/policy';

/** One channel's policy: nodes have one of their own, all other channels share one that looks at the channel asked for. */
export function readPolicy(channel: string): { readonly text: string; readonly policySet: PolicySet } {
  const file = channel === NODE_CHANNEL ? 'ledger_node' : 'ledger';
  const text = readFileSync(new URL(`../policies/${file}.cedar`, import.meta.url), 'utf8');
  return { text, policySet: parsePolicySet({ channel, cedar: text }) };
}
