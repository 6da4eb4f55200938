import { createIssuanceEvidenceSource } from '@gridpass/audit';
import { SIGNATURE_ALGORITHMS, assertOk, type Did, type DidResolverPort, type FetchPort, type IssuanceAnchorPort } from '@gridpass/core';
import { connectChain, createIssuanceAnchors, parseAccount } from '@gridpass/ledger';
import { createIssuerKeyFinder, type IssuerKeyFinder, type PastKeyPorts } from '@gridpass/verify';

/** A chain on which issuers anchor their logs. */
export interface AnchoringChain {
  readonly chainId: number;
  readonly rpcUrl: string;
  /** Address of the AuditAnchor contract; without it keys of the past count for nothing on this chain. */
  readonly auditAnchor?: string | undefined;
}

/** How verifiers of this program learn of keys that issuers had; close it with the program. Undefined where no chain has anchors. */
export function openPastKeys(
  chains: readonly AnchoringChain[],
  fetch: FetchPort,
): { readonly history: PastKeyPorts; close(): void } | undefined {
  const opened = chains.flatMap(({ chainId, rpcUrl, auditAnchor }) => {
    if (auditAnchor === undefined) return [];
    const chain = connectChain({ chainId, rpcUrl });
    return [
      { chain, prefix: `did:ethr:0x${chainId.toString(16)}:`, anchors: createIssuanceAnchors(chain, assertOk(parseAccount(auditAnchor))) },
    ];
  });
  if (opened.length === 0) return undefined;
  const portOf = (issuer: Did): IssuanceAnchorPort | undefined => opened.find(({ prefix }) => issuer.startsWith(prefix))?.anchors;
  return {
    history: {
      evidence: createIssuanceEvidenceSource({ fetch }),
      anchors: { firstCovering: async (issuer, index) => portOf(issuer)?.firstCovering(issuer, index) },
    },
    close: () => {
      for (const { chain } of opened) chain.close();
    },
  };
}

/** How wallets and devices find the keys of issuers: by the verifier's rule, of every method that is read here. */
export function issuerKeysOf(program: { readonly resolver: DidResolverPort; readonly history?: PastKeyPorts }): IssuerKeyFinder {
  const { resolver, history } = program;
  return createIssuerKeyFinder({
    resolver,
    methods: ['ethr', 'web', 'jwk', 'key', 'peer'],
    algorithms: SIGNATURE_ALGORITHMS,
    ...(history === undefined ? {} : { history }),
  });
}
