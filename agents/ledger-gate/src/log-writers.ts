import { assertOk, issuanceLogOf } from '@gridpass/core';
import { parseDid } from '@gridpass/did';
import { createAnchorReader, createAnchorWriter, createSender, parseAccount } from '@gridpass/ledger';
import type { Account, AccountSigner, Chain } from '@gridpass/ledger';

/** Names on the chain who anchors the logs of which issuers; what is named so already costs nothing, another writer is replaced. */
export async function registerLogWriters(
  parts: { readonly chain: Chain; readonly auditAnchor: Account; readonly registrar: AccountSigner },
  wanted: readonly { readonly issuer: string; readonly account: string }[],
): Promise<void> {
  const reader = createAnchorReader(parts.chain, parts.auditAnchor);
  for (const { issuer, account } of wanted) {
    const log = issuanceLogOf(assertOk(parseDid(issuer)));
    const writer = assertOk(parseAccount(account));
    if ((await reader.writerOf(log)) === writer) continue;
    await createAnchorWriter(parts.chain, parts.auditAnchor, createSender(parts.chain, parts.registrar)).registerLog(log, writer);
  }
}
