import { join } from 'node:path';
import { assertOk, type Instant } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import {
  buildOrderCall,
  connectChain,
  createMarketTrader,
  createSender,
  parseAccount,
  signAccountClaim,
  signCall,
  type AccountSigner,
  type OrderTerms,
} from '@gridpass/ledger';
import type { Society } from '../compose.js';
import { openLedgerAccount } from '../ledger-account.js';
import { assertShown, type Act } from './act.js';
import { objectIn, textIn } from './read.js';

const CHANNEL = 'multi_class';

/** An account is admitted by a presentation and trades on the ledger; one that is not is turned away twice. */
export const admitAccount: Act = {
  id: 'ledger',
  title: 'An admitted account trades on the ledger; another is refused by the RPC gate and by the contract',
  async play(society, says) {
    const { ledgerGate, chain } = society;
    const { chainId } = chain;
    const account = await openLedgerAccount(join(society.config.directory, 'keys', 'supplier-account'));
    const until = await admit(society, account);
    says(`the supplier's account ${account.account} is admitted to ${CHANNEL} until ${new Date(until * 1000).toISOString()}`);

    const interval = (Math.floor(society.program.clock.now() / 900) * 900 + 1800) as Instant;
    const terms: OrderTerms = { channel: CHANNEL, interval, side: 'offer', energyWh: 250_000, priceCentsPerMwh: 6_900 };
    const throughGate = connectChain({ rpcUrl: ledgerGate.rpcUrl, chainId });
    try {
      const { EnergyMarket } = ledgerGate.contracts;
      const placed = assertOk(await createMarketTrader(throughGate, EnergyMarket, createSender(throughGate, account)).placeOrder(terms));
      says(`order ${placed} stands in the contract`);

      const stranger = await openLedgerAccount(join(society.config.directory, 'keys', 'stranger-account'));
      const raw = await signCall(chain, stranger, buildOrderCall(EnergyMarket, terms));
      const refused = await sendRaw(ledgerGate.rpcUrl, raw);
      assertShown(refused === 'SENDER_NOT_ADMITTED', `the RPC gate refuses a stranger (${refused})`);
      const reverted = await createMarketTrader(chain, EnergyMarket, createSender(chain, stranger)).placeOrder(terms);
      assertShown(!reverted.ok && reverted.refusal.code === 'SENDER_NOT_ADMITTED', 'the contract refuses a stranger');
      says(`a stranger is refused by the gate (${refused}) and, past the gate, by the contract itself`);
      return { account: account.account, until, order: Number(placed), gate: refused, contract: reverted.refusal.code };
    } finally {
      throughGate.close();
    }
  },
};

async function admit(society: Society, account: AccountSigner): Promise<number> {
  const { client } = society.wallet('supplier');
  const base = `${society.ledgerGate.url}/admissions/${CHANNEL}`;
  const shown = assertOk(await client.accessResource({ url: `${base}/claim?account=${account.account}` }));
  const claim = objectIn(shown.json, 'claim');
  assertShown(shown.status === 200 && textIn(claim, 'state') !== '', `the gate lets the supplier in (${shown.status})`);
  const signature = await signAccountClaim(
    {
      account: assertOk(parseAccount(textIn(claim, 'account'))),
      channel: textIn(claim, 'channel'),
      state: textIn(claim, 'state'),
      audience: textIn(claim, 'audience'),
      chainId: society.chain.chainId,
    },
    account,
  );
  const admitted = assertOk(await client.accessResource({ url: base, method: 'POST', body: { account: account.account, signature } }));
  assertShown(admitted.status === 201, `the account is admitted (${admitted.status})`);
  return Number(admitted.json && memberOf(admitted.json, 'until'));
}

/** The code of the gate's answer to a raw transaction. */
async function sendRaw(url: string, raw: string): Promise<string> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransaction', params: [raw] });
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const answer = (await response.json()) as { readonly error?: { readonly data?: { readonly code?: string } } };
  return answer.error?.data?.code ?? 'none';
}
