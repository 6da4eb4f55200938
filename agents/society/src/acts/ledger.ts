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
    const until = await admit(society, { organisation: 'supplier', channel: CHANNEL, account });
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

/** Who asks for which account. */
export interface LedgerCandidate {
  readonly organisation: 'supplier' | 'dso';
  readonly channel: string;
  readonly account: AccountSigner;
}

/** Has an account admitted by a presentation of its organisation and a signature of its own; until when. */
export async function admit(society: Society, candidate: LedgerCandidate): Promise<number> {
  const { status, json } = await signFor(society, candidate, 'POST');
  assertShown(status === 201, `the account is admitted (${status})`);
  return Number(json && memberOf(json, 'until'));
}

/** Gives an admission up in the same way. */
export async function giveUp(society: Society, candidate: LedgerCandidate): Promise<void> {
  const { status } = await signFor(society, candidate, 'DELETE');
  assertShown(status === 200, `the admission is withdrawn (${status})`);
}

async function signFor(society: Society, { organisation, channel, account }: LedgerCandidate, method: 'POST' | 'DELETE') {
  const { client } = society.wallet(organisation);
  const base = `${society.ledgerGate.url}/admissions/${channel}`;
  const shown = assertOk(await client.accessResource({ url: `${base}/claim?account=${account.account}` }));
  const claim = objectIn(shown.json, 'claim');
  assertShown(shown.status === 200 && textIn(claim, 'state') !== '', `the gate lets the ${organisation} in (${shown.status})`);
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
  return assertOk(await client.accessResource({ url: base, method, body: { account: account.account, signature } }));
}

/** The code of the gate's answer to a raw transaction. */
async function sendRaw(url: string, raw: string): Promise<string> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransaction', params: [raw] });
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const answer = (await response.json()) as { readonly error?: { readonly data?: { readonly code?: string } } };
  return answer.error?.data?.code ?? 'none';
}
