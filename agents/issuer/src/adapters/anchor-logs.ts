import type { IssuanceAnchorPort, Outcome, AnchoredHead } from '@gridpass/core';
import { createAnchoring } from '@gridpass/issue';
import { createAnchorReader, createAnchorWriter, createIssuanceAnchors, createSender } from '@gridpass/ledger';
import type { Account, AccountSigner, Chain } from '@gridpass/ledger';
import type { TenantRuntime } from '../http/tenant-runtime.js';

/** The chain on which the logs of the tenants are anchored. */
export interface LedgerParts {
  readonly chain: Chain;
  /** The AuditAnchor contract. */
  readonly auditAnchor: Account;
  /** Anchors; must be the registrar of the contract, or the writer of the logs already. */
  readonly account: AccountSigner;
}

/** The anchoring of one program's tenants. */
export interface LogAnchors {
  readonly heads: IssuanceAnchorPort;
  /** Anchors the log of one tenant and returns once the chain has it. Tenants without a did:ethr of the chain have nothing to anchor. */
  anchorLog(runtime: Pick<TenantRuntime, 'tenant' | 'signer' | 'audit' | 'auditKey'>): Promise<Outcome<readonly AnchoredHead[]>>;
}

/** Wires the anchoring to one account. */
export function createLogAnchors({ chain, auditAnchor, account }: LedgerParts): LogAnchors {
  const anchoring = createAnchoring({
    reader: createAnchorReader(chain, auditAnchor),
    writer: createAnchorWriter(chain, auditAnchor, createSender(chain, account)),
    account: account.account,
  });
  const prefix = `did:ethr:0x${chain.chainId.toString(16)}:`;
  return {
    heads: createIssuanceAnchors(chain, auditAnchor),
    anchorLog: ({ tenant, signer, audit, auditKey }) =>
      anchoring.anchorNow({ tenant, audit, auditKey, issuers: signer.did.startsWith(prefix) ? [signer.did] : [] }),
  };
}
