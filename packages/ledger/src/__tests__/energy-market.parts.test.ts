import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { instant } from '@gridpass/core';
import type { Instant } from '@gridpass/core';
import { channelId, createAdmissionWriter, createMarketReader, createMarketTrader } from '../index.js';
import type { Account, MarketReader, MarketTrader } from '../index.js';
import { CHANNEL, createWorld, newReceipt, outcomeOf } from './world.js';
import type { World } from './world.js';

let world: World;
let market: MarketReader;
beforeAll(async () => {
  world = await createWorld();
  market = createMarketReader(world.chain, world.contracts.EnergyMarket);
});
afterAll(async () => {
  await world.stop();
});

interface Trader extends MarketTrader {
  readonly account: Account;
}

async function trader(): Promise<Trader> {
  const { account, sender } = world.stranger();
  await createAdmissionWriter(world.chain, world.contracts.ChannelAdmission, world.asGate).admit([
    { account, channel: CHANNEL, until: instant((await world.now()) + 30 * 86_400), receipt: newReceipt() },
  ]);
  return { account, ...createMarketTrader(world.chain, world.contracts.EnergyMarket, sender) };
}

let interval: Instant;
const terms = (side: 'offer' | 'bid', energyWh: number, priceCentsPerMwh: number) => ({
  channel: CHANNEL,
  interval,
  side,
  energyWh,
  priceCentsPerMwh,
});
beforeEach(async () => {
  interval = instant((Math.floor((await world.now()) / 900) + 2) * 900);
});
const begin = async (): Promise<void> => {
  await world.chain.ask('evm_setNextBlockTimestamp', [interval]);
  await world.chain.ask('evm_mine', []);
};

describe('EnergyMarket', () => {
  it('clears one interval at one price and settles to zero', async () => {
    const [prosumer, battery, household] = [await trader(), await trader(), await trader()];
    const cheap = await prosumer.placeOrder(terms('offer', 3000, 2000));
    const dear = await battery.placeOrder(terms('offer', 5000, 6000));
    const bid = await household.placeOrder(terms('bid', 4000, 8000));
    expect(await household.clearInterval(CHANNEL, interval)).toMatchObject({
      ok: false,
      refusal: { code: 'CONFLICT', detail: 'EnergyMarketIntervalOpen' },
    });
    await begin();
    expect(await household.settleInterval(CHANNEL, interval)).toMatchObject({
      refusal: { code: 'CONFLICT', detail: 'EnergyMarketNotCleared' },
    });
    expect(await household.clearInterval(CHANNEL, interval)).toEqual({ ok: true, value: true });
    expect(await market.clearingOf(CHANNEL, interval)).toEqual({ cleared: true, settled: false, priceCentsPerMwh: 7000, volumeWh: 4000 });
    for (const [order, filledWh] of [
      [cheap, 3000],
      [dear, 1000],
      [bid, 4000],
    ] as const) {
      expect(await market.orderOf(order.value!)).toMatchObject({ value: { state: 'cleared', filledWh } });
    }
    expect(await household.clearInterval(CHANNEL, interval)).toMatchObject({ refusal: { detail: 'EnergyMarketAlreadyCleared' } });
    expect(await prosumer.settleInterval(CHANNEL, interval)).toEqual({ ok: true, value: true });
    expect(await prosumer.settleInterval(CHANNEL, interval)).toMatchObject({ refusal: { detail: 'EnergyMarketAlreadySettled' } });
    const balances = await Promise.all([prosumer, battery, household].map(({ account }) => market.balanceOf(account)));
    expect(balances).toEqual([21_000_000n, 7_000_000n, -28_000_000n]);
  });

  it('serves equal prices by age, whatever was cancelled in between, and rounds a negative price down', async () => {
    const [one, two, three, buyer] = [await trader(), await trader(), await trader(), await trader()];
    const first = await one.placeOrder(terms('offer', 10, -5));
    const second = await two.placeOrder(terms('offer', 10, -5));
    const third = await three.placeOrder(terms('offer', 10, -5));
    expect(await one.cancelOrder(CHANNEL, first.value!)).toEqual({ ok: true, value: true });
    await buyer.placeOrder(terms('bid', 15, -2));
    await begin();
    await buyer.clearInterval(CHANNEL, interval);
    expect(await market.orderOf(first.value!)).toMatchObject({ value: { state: 'cancelled', filledWh: 0 } });
    expect(await market.orderOf(second.value!)).toMatchObject({ value: { filledWh: 10 } });
    expect(await market.orderOf(third.value!)).toMatchObject({ value: { filledWh: 5 } });
    expect(await market.clearingOf(CHANNEL, interval)).toMatchObject({ priceCentsPerMwh: -4, volumeWh: 15 });
  });

  it('clears a book that does not cross at no volume', async () => {
    const one = await trader();
    await one.placeOrder(terms('offer', 10, 100));
    await one.placeOrder(terms('bid', 10, 99));
    await begin();
    expect(await one.clearInterval(CHANNEL, interval)).toMatchObject({ ok: true });
    expect(await market.clearingOf(CHANNEL, interval)).toMatchObject({ cleared: true, volumeWh: 0 });
    expect(await one.settleInterval(CHANNEL, interval)).toMatchObject({ ok: true });
    expect(await market.balanceOf(one.account)).toBe(0n);
  });

  it('is open to admitted accounts only, in every entry point', async () => {
    const { sender } = world.stranger();
    const stranger = createMarketTrader(world.chain, world.contracts.EnergyMarket, sender);
    const admitted = await trader();
    const order = await admitted.placeOrder(terms('offer', 10, 100));
    const refusal = { refusal: { code: 'SENDER_NOT_ADMITTED', detail: 'AdmittedNotAdmitted' } };
    expect(await stranger.placeOrder(terms('offer', 10, 100))).toMatchObject(refusal);
    expect(await stranger.cancelOrder(CHANNEL, order.value!)).toMatchObject(refusal);
    expect(await stranger.clearInterval(CHANNEL, interval)).toMatchObject(refusal);
    expect(await stranger.settleInterval(CHANNEL, interval)).toMatchObject(refusal);
    // Admitted to one channel is not admitted to another.
    expect(await admitted.placeOrder({ ...terms('offer', 10, 100), channel: 'multi_class' })).toMatchObject(refusal);
  });

  it('drops the orders that a withdrawn account left behind', async () => {
    const [gone, seller, buyer] = [await trader(), await trader(), await trader()];
    const left = await gone.placeOrder(terms('offer', 10, 1));
    await seller.placeOrder(terms('offer', 10, 50));
    await buyer.placeOrder(terms('bid', 10, 90));
    await createAdmissionWriter(world.chain, world.contracts.ChannelAdmission, world.asGate).withdraw([
      { account: gone.account, channel: CHANNEL },
    ]);
    expect(await gone.cancelOrder(CHANNEL, left.value!)).toMatchObject({ refusal: { code: 'SENDER_NOT_ADMITTED' } });
    await begin();
    await buyer.clearInterval(CHANNEL, interval);
    expect(await market.orderOf(left.value!)).toMatchObject({ value: { state: 'dropped', filledWh: 0 } });
    expect(await market.clearingOf(CHANNEL, interval)).toMatchObject({ priceCentsPerMwh: 70, volumeWh: 10 });
  });

  it('refuses each kind of malformed order with its own error', async () => {
    const one = await trader();
    const two = await trader();
    const code = async (placing: Promise<{ refusal?: { code: string; detail: string } }>): Promise<string> => {
      const { refusal } = await placing;
      return `${refusal?.code} ${refusal?.detail}`;
    };
    expect(await code(one.placeOrder({ ...terms('offer', 10, 100), interval: instant(interval + 1) }))).toBe(
      'ORDER_INVALID EnergyMarketIntervalInvalid',
    );
    expect(await code(one.placeOrder({ ...terms('offer', 10, 100), interval: instant(900) }))).toBe('CONFLICT EnergyMarketIntervalClosed');
    expect(await code(one.placeOrder({ ...terms('offer', 10, 100), interval: instant(interval + 9 * 86_400) }))).toBe(
      'ORDER_INVALID EnergyMarketIntervalTooFar',
    );
    expect(await code(one.placeOrder(terms('offer', 0, 100)))).toBe('ORDER_INVALID EnergyMarketEnergyInvalid');
    expect(await code(one.placeOrder(terms('offer', 10_000_000_001, 100)))).toBe('ORDER_INVALID EnergyMarketEnergyInvalid');
    expect(await code(one.placeOrder(terms('offer', 10, 10_000_001)))).toBe('ORDER_INVALID EnergyMarketPriceInvalid');
    expect(await code(one.placeOrder(terms('bid', 10, -10_000_001)))).toBe('ORDER_INVALID EnergyMarketPriceInvalid');
    expect(await code(one.clearInterval(CHANNEL, instant(901)))).toBe('ORDER_INVALID EnergyMarketIntervalInvalid');
    expect(await code(market.orderOf(999_999n))).toBe('NOT_FOUND EnergyMarketOrderUnknown');
    const order = (await one.placeOrder(terms('offer', 10, 100))).value!;
    expect(await code(two.cancelOrder(CHANNEL, order))).toBe('NOT_FOUND EnergyMarketNotOwner');
    expect(await code(two.cancelOrder(CHANNEL, 999_999n))).toBe('NOT_FOUND EnergyMarketOrderUnknown');
    expect(await code(one.cancelOrder(CHANNEL, order))).toBe('undefined undefined');
    expect(await code(one.cancelOrder(CHANNEL, order))).toBe('CONFLICT EnergyMarketOrderNotOpen');
    const late = (await one.placeOrder(terms('offer', 10, 100))).value!;
    await begin();
    expect(await code(one.cancelOrder(CHANNEL, late))).toBe('CONFLICT EnergyMarketIntervalClosed');
  });

  it('bounds the orders of one account and of one interval, and clears a full book', async () => {
    const traders: Trader[] = [];
    for (let i = 0; i < 8; i += 1) traders.push(await trader());
    for (const [n, one] of traders.entries()) {
      const placed = await Promise.all(
        Array.from({ length: 8 }, (_, i) => one.placeOrder(terms(i % 2 === 0 ? 'offer' : 'bid', 100 + i, 50 + n))),
      );
      expect(placed.every(({ ok }) => ok)).toBe(true);
    }
    expect(await traders[0]!.placeOrder(terms('offer', 1, 1))).toMatchObject({ refusal: { detail: 'EnergyMarketTooManyOrders' } });
    expect(await (await trader()).placeOrder(terms('offer', 1, 1))).toMatchObject({ refusal: { detail: 'EnergyMarketBookFull' } });
    expect(await market.bookOf(CHANNEL, interval)).toHaveLength(64);
    await begin();
    expect(await traders[0]!.clearInterval(CHANNEL, interval)).toMatchObject({ ok: true });
    expect(await traders[0]!.settleInterval(CHANNEL, interval)).toMatchObject({ ok: true });
    const balances = await Promise.all(traders.map(({ account }) => market.balanceOf(account)));
    expect(balances.reduce((sum, balance) => sum + balance, 0n)).toBe(0n);
  });

  it('does not stand where there are no admissions', async () => {
    const { ARTEFACTS } = await import('../index.js');
    const { Interface } = await import('ethers');
    const data = `${ARTEFACTS.EnergyMarket.bytecode}${new Interface(ARTEFACTS.EnergyMarket.abi).encodeDeploy([world.stranger().account]).slice(2)}`;
    expect(await outcomeOf(world.asAdmin.send({ data }))).toBe('AdmittedRegistryMissing');
    expect(channelId(CHANNEL)).toMatch(/^0x[0-9a-f]{64}$/);
  });
});
