import { AsyncLocalStorage } from 'node:async_hooks';
import type { DIDResolutionOptions, DIDResolutionResult, DIDResolver, ParsedDID } from 'did-resolver';
import { isError } from 'ethers';
import { getResolver } from 'ethr-did-resolver';
import { Fault } from '@gridpass/core';
import type { Clock, FetchPort } from '@gridpass/core';
import { found, notFound, unsupported } from './result.js';
import { RpcProvider } from './rpc.js';
import type { Resolution } from './rpc.js';

/** A chain with an ERC-1056 registry. */
export interface EthrChain {
  readonly chainId: number;
  readonly rpcUrl: string;
  /** Address of the registry contract. */
  readonly registry: string;
}

const MAX_CHANGES = 1_000;
const HEX_CHAIN = /^(0x[1-9a-f][0-9a-f]*):0x/;
const ISO_SECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/**
 * did:ethr over `ethr-did-resolver`, as of one block and one moment: the newest block and the clock's now, or the block that
 * was newest at `versionTime`. A chain that is down, another chain's node or one that forgot changes is a thrown Fault.
 */
export function createEthrMethod(parts: {
  readonly chains: readonly EthrChain[];
  readonly fetch: FetchPort;
  readonly clock: Clock;
}): DIDResolver {
  const resolution = new AsyncLocalStorage<Resolution>();
  const chains = new Map(
    parts.chains.map((chain) => {
      const provider = new RpcProvider({ chainId: chain.chainId, rpcUrl: chain.rpcUrl, fetch: parts.fetch, resolution });
      const hexId = `0x${chain.chainId.toString(16)}`;
      // `web3` is the library's untyped door: it loads ethers a second time, as CommonJS, so that its `Provider` is another class.
      const library = getResolver({ name: hexId, chainId: chain.chainId, registry: chain.registry, web3: { currentProvider: provider } })[
        'ethr'
      ];
      return [hexId, { provider, library }];
    }),
  );

  return async (did, parsed, resolver, options) => {
    const chain = chains.get(HEX_CHAIN.exec(parsed.id)?.[1] ?? '');
    if (chain?.library === undefined) return unsupported('did:ethr: the chain is not configured, or not named by its number');
    const { provider, library } = chain;
    await provider.checkChain();
    const wanted = wantedSeconds(parsed, options);
    if (wanted === undefined) return notFound('did:ethr: versionTime is not a UTC time in whole seconds');
    const now = parts.clock.now();
    const seconds = wanted === 'now' ? now : Math.min(wanted, now);
    const block = wanted === 'now' ? (await provider.blockAt('latest')).number : await blockBefore(provider, seconds);
    // ERC-1056 counts a delegate as valid while validity > now, the library while validity >= now: one second ahead they agree.
    const run: Resolution = { changesLeft: MAX_CHANGES, block, seconds: seconds + 1 };
    return resolution.run(run, () => resolveAt(run, () => library(did, { ...parsed, query: `versionId=${String(block)}` }, resolver, {})));
  };
}

async function resolveAt(run: Resolution, resolve: () => Promise<DIDResolutionResult>): Promise<DIDResolutionResult> {
  const result = await resolve().catch((cause: unknown) => {
    if (run.fault !== undefined) throw run.fault;
    // Text in the registry that is no UTF-8: its owner broke the document, and asking again does not mend it.
    if (isError(cause, 'INVALID_ARGUMENT')) return notFound('did:ethr: the registry holds entries that cannot be read');
    throw new Fault('RESOLVER_UNAVAILABLE', 'did:ethr: the registry did not answer as a registry does', { cause });
  });
  if (run.fault !== undefined) throw run.fault;
  const {
    didDocument,
    didDocumentMetadata: { deactivated, versionId },
  } = result;
  if (didDocument === null) return notFound('did:ethr: the registry holds entries that cannot be read');
  return found(didDocument, { ...(deactivated === true ? { deactivated } : {}), versionId: versionId ?? '0' });
}

function wantedSeconds(parsed: ParsedDID, options: DIDResolutionOptions): number | 'now' | undefined {
  const text: unknown = options['versionTime'] ?? new URLSearchParams(parsed.query ?? '').get('versionTime') ?? undefined;
  if (text === undefined) return 'now';
  return typeof text === 'string' && ISO_SECONDS.test(text) ? Date.parse(text) / 1000 : undefined;
}

/** The newest block that is not younger than a moment, by bisection; block 0 where the chain is younger than that. */
async function blockBefore(provider: RpcProvider, seconds: number): Promise<number> {
  const head = await provider.blockAt('latest');
  if (head.seconds <= seconds) return head.number;
  let older = 0;
  let younger = head.number;
  while (younger - older > 1) {
    const middle = Math.floor((older + younger) / 2);
    if ((await provider.blockAt(middle)).seconds <= seconds) older = middle;
    else younger = middle;
  }
  return older;
}
