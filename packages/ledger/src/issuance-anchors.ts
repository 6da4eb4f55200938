import { issuanceLogOf } from '@gridpass/core';
import type { IssuanceAnchorPort } from '@gridpass/core';
import type { Account } from './account.js';
import { createAnchorReader } from './anchor.js';
import type { Chain } from './chain.js';

/**
 * The anchored heads of issuers' logs on one chain. An issuer whose did:ethr is on another chain has none here: its keys and
 * its anchors must be dated by the same blocks.
 */
export function createIssuanceAnchors(chain: Chain, address: Account): IssuanceAnchorPort {
  const reader = createAnchorReader(chain, address);
  const prefix = `did:ethr:0x${chain.chainId.toString(16)}:`;
  return {
    firstCovering: async (issuer, index) => (issuer.startsWith(prefix) ? reader.firstCovering(issuanceLogOf(issuer), index) : undefined),
  };
}
