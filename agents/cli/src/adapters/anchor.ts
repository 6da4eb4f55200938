import { assertOk, issuanceLogOf } from '@gridpass/core';
import type { AnchoredHead, Did } from '@gridpass/core';
import { parseDid } from '@gridpass/did';
import { connectChain, createAnchorReader, parseAccount } from '@gridpass/ledger';
import { CommandError } from '../io.js';

/** Where the log of an issuer is anchored. */
export interface AnchorPlace {
  readonly rpcUrl: string;
  readonly contract: string;
  /** The did:ethr the log belongs to; it names the chain. */
  readonly issuer: string;
}

/** The newest anchored head; undefined where nothing is anchored. Fault CHAIN_UNAVAILABLE where the node does not answer. */
export async function readAnchor({ rpcUrl, contract, issuer }: AnchorPlace): Promise<AnchoredHead | undefined> {
  const chainId = /^did:ethr:(0x[0-9a-f]{1,13}):/.exec(issuer)?.[1];
  const [did, account] = [parseDid(issuer), parseAccount(contract.toLowerCase())];
  if (chainId === undefined || !did.ok)
    throw new CommandError('CONFIG_INVALID', `--issuer: a did:ethr that names its chain, not ${issuer}`);
  if (!account.ok) throw new CommandError('CONFIG_INVALID', '--contract: not the address of an AuditAnchor');
  const chain = connectChain({ chainId: Number(chainId), rpcUrl });
  try {
    return await createAnchorReader(chain, assertOk(account)).latestCheckpoint(issuanceLogOf(did.value satisfies Did));
  } finally {
    chain.close();
  }
}
