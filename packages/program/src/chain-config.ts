import { InputError } from '@gridpass/core';
import { assertAllowList } from '@gridpass/net';
import { z } from 'zod';

const account = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'an address: 0x and 40 hexadecimal digits');

/** One chain on which did:ethr is resolved. */
export const chainConfig = z.strictObject({
  chainId: z.int().positive().describe('the number of the chain (EIP-155), as it stands in did:ethr'),
  rpcUrl: z.url().describe('JSON-RPC of a node; plain http on the loopback only'),
  registry: account.describe('the ERC-1056 registry'),
  auditAnchor: account.optional().describe('the AuditAnchor; without it keys of the past count for nothing on this chain'),
  index: z
    .boolean()
    .default(true)
    .describe('whether the registry is followed and kept in the store; without, the node is asked once for every change of a DID'),
  startBlock: z.int().min(0).default(0).describe('a block not after the first event of the registry'),
  finalityDepth: z.int().min(0).default(64).describe('how many blocks the chain may take back; 0 where each block is final'),
  witnessRpcUrl: z.url().optional().describe('a second node of the chain; where the two disagree about what is final nothing is answered'),
});

/** How a program pays for what it writes to its first chain. */
export const relayerConfig = z
  .strictObject({
    accountKeyFile: z
      .string()
      .optional()
      .describe('file with a private key, 0x and 64 hexadecimal digits; without it the key is made in the vault at the first start'),
    maxFeeGwei: z
      .number()
      .positive()
      .max(1_000_000)
      .optional()
      .describe('most a transaction may cost for one gas; it waits while the chain asks more'),
    stuckSeconds: z.int().positive().default(30).describe('a transaction that is in no block after so long is replaced by a dearer one'),
    confirmations: z.int().positive().default(1).describe('how deep a block must lie before a change counts as done'),
  })
  .optional()
  .describe('sends and pays for changes of DIDs on the first of the chains; without it keys stay as they are');

/**
 * The origins of the nodes that chains name: a program may ask them without naming them in `fetch.allow`. What is no URL has none; the
 * field says so itself, beside the checks of the whole.
 */
export function originsOf(chains: readonly Pick<ChainConfig, 'rpcUrl' | 'witnessRpcUrl'>[]): readonly string[] {
  return chains.flatMap(({ rpcUrl, witnessRpcUrl }) =>
    [rpcUrl, witnessRpcUrl].flatMap((url) => (url !== undefined && URL.canParse(url) ? [new URL(url).origin] : [])),
  );
}

/** What a relayer and did:ethr need of `chains`, and what nodes need of `fetch`; for the `check` of a whole configuration. */
export function checkChains({
  value,
  issues,
}: z.core.ParsePayload<{
  readonly chains: readonly Pick<ChainConfig, 'rpcUrl' | 'witnessRpcUrl' | 'auditAnchor'>[];
  readonly fetch?: { readonly allowPrivate: boolean };
  readonly relayer?: unknown;
  readonly anchorAccountKeyFile?: string | undefined;
  readonly tenants?: readonly { readonly provider: string }[] | undefined;
  readonly wallets?: readonly { readonly provider: string; readonly kind: string }[] | undefined;
  /** The method of the program's own DID, where it has but one. */
  readonly did?: string | undefined;
}>): void {
  const say: Say = (path, message) => void issues.push({ code: 'custom', path: [...path], message, input: value });
  if (value.fetch !== undefined) checkNodes(value.chains, value.fetch, say);
  if (value.anchorAccountKeyFile !== undefined && value.chains[0]?.auditAnchor === undefined)
    say(['anchorAccountKeyFile'], 'the first of `chains` is the one to anchor on, and it is not there or has no auditAnchor');
  if (value.chains.length > 0) return;
  if (value.relayer !== undefined) say(['relayer'], 'there is no chain in `chains` to write to');
  if (value.did === 'did:ethr') say(['did'], 'did:ethr needs a chain in `chains`');
  const needsChain = ({ provider, kind }: { readonly provider: string; readonly kind?: string }): boolean =>
    provider === 'did:ethr' && kind !== 'household';
  for (const key of ['tenants', 'wallets'] as const) {
    for (const [index, member] of (value[key] ?? []).entries())
      if (needsChain(member)) say([key, index, 'provider'], 'did:ethr needs a chain in `chains`');
  }
}

type Say = (path: readonly (string | number)[], message: string) => void;

/** Nodes that could never be asked are told before the start. */
function checkNodes(
  chains: readonly Pick<ChainConfig, 'rpcUrl' | 'witnessRpcUrl'>[],
  fetch: { readonly allowPrivate: boolean },
  say: Say,
): void {
  for (const [index, chain] of chains.entries()) {
    for (const key of ['rpcUrl', 'witnessRpcUrl'] as const) {
      try {
        assertAllowList(originsOf([{ rpcUrl: '', [key]: chain[key] }]), fetch.allowPrivate);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        say(['chains', index, key], error.message);
      }
    }
  }
}

export type ChainConfig = z.infer<typeof chainConfig>;
export type RelayerConfig = NonNullable<z.infer<typeof relayerConfig>>;
