import { Interface } from 'ethers';
import { Fault, InputError, instant, ok, refuse } from '@gridpass/core';
import type { Instant, Outcome } from '@gridpass/core';
import type { Account } from './account.js';
import { toAccount } from './account.js';
import { ARTEFACTS } from './generated/artefacts.js';
import type { Chain } from './chain.js';
import { channelId } from './channel.js';
import { createContractCalls, isRevert, membersOf } from './contract-call.js';
import type { Revert } from './revert.js';
import type { Sender, Sent } from './sender.js';
import type { Call } from './sign-call.js';

/** What an order asks for: Wh, and euro cents per MWh, as the marketplace has them. */
export interface OrderTerms {
  readonly channel: string;
  /** Start of the interval of delivery, a full quarter of an hour. */
  readonly interval: Instant;
  readonly side: 'offer' | 'bid';
  readonly energyWh: number;
  readonly priceCentsPerMwh: number;
}

const STATES = ['none', 'open', 'cancelled', 'dropped', 'cleared'] as const;

/** An order as the chain keeps it. */
export interface ChainOrder {
  readonly orderId: bigint;
  readonly owner: Account;
  readonly interval: Instant;
  readonly side: 'offer' | 'bid';
  readonly state: (typeof STATES)[number];
  readonly energyWh: number;
  readonly filledWh: number;
  readonly priceCentsPerMwh: number;
}

/** How an interval was cleared. */
export interface ChainClearing {
  readonly cleared: boolean;
  readonly settled: boolean;
  readonly priceCentsPerMwh: number;
  readonly volumeWh: number;
}

/** Reads the market. */
export interface MarketReader {
  orderOf(orderId: bigint): Promise<Outcome<ChainOrder>>;
  bookOf(channel: string, interval: Instant): Promise<readonly bigint[]>;
  clearingOf(channel: string, interval: Instant): Promise<ChainClearing>;
  /** In millionths of a cent: positive earned, negative owed. */
  balanceOf(account: Account): Promise<bigint>;
}

/**
 * Trades in transactions of one account. SENDER_NOT_ADMITTED when the contract says so, ORDER_INVALID for terms it does
 * not take, CONFLICT for the wrong moment or state, NOT_FOUND for an unknown order.
 */
export interface MarketTrader {
  placeOrder(terms: OrderTerms): Promise<Outcome<bigint>>;
  cancelOrder(channel: string, orderId: bigint): Promise<Outcome<true>>;
  clearInterval(channel: string, interval: Instant): Promise<Outcome<true>>;
  settleInterval(channel: string, interval: Instant): Promise<Outcome<true>>;
}

/** A reader of the market at `address`. */
export function createMarketReader(chain: Chain, address: Account): MarketReader {
  const calls = createContractCalls(chain, 'EnergyMarket', address);
  return {
    orderOf: async (orderId) => {
      const answer = await calls.tryRead('orderOf', [orderId]);
      if (isRevert(answer)) return toRefusal(answer);
      const [owner, interval, side, state, price, energy, filled] = membersOf(answer);
      return ok({
        orderId,
        owner: toAccount(String(owner)),
        interval: instant(Number(interval)),
        side: Number(side) === 0 ? 'offer' : 'bid',
        state: STATES[Number(state)] ?? 'none',
        priceCentsPerMwh: Number(price),
        energyWh: Number(energy),
        filledWh: Number(filled),
      });
    },
    bookOf: async (channel, interval) => {
      return membersOf(await calls.read('bookOf', [channelId(channel), interval])).map((id) => BigInt(String(id)));
    },
    clearingOf: async (channel, interval) => {
      const [cleared, settled, price, volume] = membersOf(await calls.read('clearingOf', [channelId(channel), interval]));
      return { cleared: cleared === true, settled: settled === true, priceCentsPerMwh: Number(price), volumeWh: Number(volume) };
    },
    balanceOf: async (account) => BigInt(String((await calls.read('balanceOf', [account]))[0])),
  };
}

/** A call to the market that places an order, for whoever signs transactions elsewhere. */
export function buildOrderCall(market: Account, terms: OrderTerms): Call {
  return { to: market, data: new Interface(ARTEFACTS.EnergyMarket.abi).encodeFunctionData('placeOrder', toArguments(terms)) };
}

/** A trader on the market at `address`. */
export function createMarketTrader(chain: Chain, address: Account, sender: Sender): MarketTrader {
  const calls = createContractCalls(chain, 'EnergyMarket', address);
  const send = async (method: string, args: readonly unknown[]): Promise<Outcome<Extract<Sent, { kind: 'mined' }>>> => {
    const sent = await sender.send(calls.encode(method, args));
    return sent.kind === 'mined' ? ok(sent) : toRefusal(sent.revert);
  };
  const act = async (method: string, args: readonly unknown[]): Promise<Outcome<true>> => {
    const sent = await send(method, args);
    return sent.ok ? ok(true) : sent;
  };
  return {
    placeOrder: async (terms) => {
      const sent = await send('placeOrder', toArguments(terms));
      if (!sent.ok) return sent;
      const placed = sent.value.receipt.logs.map((log) => calls.contract.parseLog(log)).find((event) => event?.name === 'OrderPlaced');
      if (!placed) throw new Fault('CHAIN_INCONSISTENT', 'the chain mined an order without its event');
      return ok(BigInt(String(placed.args['orderId'])));
    },
    cancelOrder: (channel, orderId) => act('cancelOrder', [channelId(channel), orderId]),
    clearInterval: (channel, interval) => act('clearInterval', [channelId(channel), interval]),
    settleInterval: (channel, interval) => act('settleInterval', [channelId(channel), interval]),
  };
}

function toArguments(terms: OrderTerms): unknown[] {
  if (!Number.isSafeInteger(terms.energyWh) || terms.energyWh < 0 || !Number.isSafeInteger(terms.priceCentsPerMwh)) {
    throw new InputError('ORDER_INVALID', 'energy and price are whole numbers');
  }
  return [channelId(terms.channel), terms.interval, terms.side === 'offer' ? 0 : 1, terms.energyWh, terms.priceCentsPerMwh];
}

const REFUSED: Readonly<Record<string, 'SENDER_NOT_ADMITTED' | 'ORDER_INVALID' | 'CONFLICT' | 'NOT_FOUND'>> = {
  AdmittedNotAdmitted: 'SENDER_NOT_ADMITTED',
  EnergyMarketIntervalInvalid: 'ORDER_INVALID',
  EnergyMarketIntervalTooFar: 'ORDER_INVALID',
  EnergyMarketEnergyInvalid: 'ORDER_INVALID',
  EnergyMarketPriceInvalid: 'ORDER_INVALID',
  EnergyMarketIntervalClosed: 'CONFLICT',
  EnergyMarketIntervalOpen: 'CONFLICT',
  EnergyMarketAlreadyCleared: 'CONFLICT',
  EnergyMarketNotCleared: 'CONFLICT',
  EnergyMarketAlreadySettled: 'CONFLICT',
  EnergyMarketBookFull: 'CONFLICT',
  EnergyMarketTooManyOrders: 'CONFLICT',
  EnergyMarketOrderNotOpen: 'CONFLICT',
  EnergyMarketOrderUnknown: 'NOT_FOUND',
  EnergyMarketNotOwner: 'NOT_FOUND',
};

function toRefusal(revert: Revert): Outcome<never> {
  const code = Object.hasOwn(REFUSED, revert.name) ? REFUSED[revert.name] : undefined;
  if (code === undefined) throw new Fault('CHAIN_INCONSISTENT', `the market failed: ${revert.name || 'no known reason'}`);
  return refuse(code, 'market', revert.name);
}
