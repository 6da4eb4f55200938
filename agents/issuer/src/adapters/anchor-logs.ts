import { issuanceLogOf, ok } from '@gridpass/core';
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
  /** Holds the log of one tenant against its anchors. LOG_INCONSISTENT gives it up; Fault CHAIN_UNAVAILABLE says nothing. */
  checkLog(runtime: Pick<TenantRuntime, 'tenant' | 'signer' | 'audit'>): Promise<Outcome<true>>;
}

/** Wires the anchoring to one account. */
export function createLogAnchors({ chain, auditAnchor, account }: LedgerParts): LogAnchors {
  const reader = createAnchorReader(chain, auditAnchor);
  const anchoring = createAnchoring({
    reader,
    writer: createAnchorWriter(chain, auditAnchor, createSender(chain, account)),
    account: account.account,
  });
  const checkLog: LogAnchors['checkLog'] = async ({ tenant, signer, audit }) => {
    const head = signer.did.startsWith(prefix) ? await reader.latestCheckpoint(issuanceLogOf(signer.did)) : undefined;
    return head === undefined ? ok(true) : audit.checkAgainst(tenant, head);
  };
  const prefix = `did:ethr:0x${chain.chainId.toString(16)}:`;
  return {
    heads: createIssuanceAnchors(chain, auditAnchor),
    checkLog,
    anchorLog: async ({ tenant, signer, audit, auditKey }) => {
      const checked = await checkLog({ tenant, signer, audit });
      if (!checked.ok) return checked;
      return anchoring.anchorNow({ tenant, audit, auditKey, issuers: signer.did.startsWith(prefix) ? [signer.did] : [] });
    },
  };
}
