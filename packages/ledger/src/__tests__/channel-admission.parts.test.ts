import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ZeroAddress, ZeroHash } from 'ethers';
import type { Sender } from '../index.js';
import { channelId } from '../index.js';
import { CHANNEL, createWorld, newBytes32, outcomeOf } from './world.js';
import type { World } from './world.js';

const CHANNEL_ID = channelId(CHANNEL);
let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  await world.stop();
});

const admit = (sender: Sender, ...args: unknown[]): Promise<string> => outcomeOf(world.tell(sender, 'ChannelAdmission', 'admit', args));
const isAdmitted = async (account: string): Promise<unknown> =>
  (await world.ask('ChannelAdmission', 'isAdmitted', [account, CHANNEL_ID]))[0];

describe('ChannelAdmission', () => {
  it('admits, and withdraws at once', async () => {
    const { account } = world.stranger();
    const receipt = newBytes32();
    const until = (await world.now()) + 1000;
    expect(await isAdmitted(account)).toBe(false);
    expect(await admit(world.asGate, account, CHANNEL_ID, until, receipt)).toBe('mined');
    expect(await isAdmitted(account)).toBe(true);
    expect((await world.ask('ChannelAdmission', 'isAdmitted', [account, channelId('multi_class')]))[0]).toBe(false);
    expect(await world.ask('ChannelAdmission', 'admissionOf', [account, CHANNEL_ID])).toEqual([BigInt(until), expect.anything(), receipt]);
    expect(await outcomeOf(world.tell(world.asGate, 'ChannelAdmission', 'withdraw', [account, CHANNEL_ID]))).toBe('mined');
    expect(await isAdmitted(account)).toBe(false);
  });

  it('ends by itself, exactly at its end', async () => {
    const { account } = world.stranger();
    const until = (await world.now()) + 100;
    await admit(world.asGate, account, CHANNEL_ID, until, newBytes32());
    await world.chain.ask('evm_setNextBlockTimestamp', [until - 1]);
    await world.chain.ask('evm_mine', []);
    expect(await isAdmitted(account)).toBe(true);
    await world.chain.ask('evm_setNextBlockTimestamp', [until]);
    await world.chain.ask('evm_mine', []);
    expect(await isAdmitted(account)).toBe(false);
  });

  it('takes the word of nobody but a gate, the administrator included', async () => {
    const { account, sender } = world.stranger();
    const until = (await world.now()) + 1000;
    expect(await admit(sender, account, CHANNEL_ID, until, newBytes32())).toBe('AccessControlUnauthorizedAccount');
    expect(await admit(world.asAdmin, account, CHANNEL_ID, until, newBytes32())).toBe('AccessControlUnauthorizedAccount');
    for (const [method, args] of [
      ['admitBatch', [[[account, CHANNEL_ID, until, newBytes32()]]]],
      ['withdraw', [account, CHANNEL_ID]],
      ['withdrawBatch', [[[account, CHANNEL_ID]]]],
    ] as const) {
      expect(await outcomeOf(world.tell(sender, 'ChannelAdmission', method, args))).toBe('AccessControlUnauthorizedAccount');
    }
  });

  it('refuses each kind of malformed admission with its own error', async () => {
    const { account } = world.stranger();
    const now = await world.now();
    const until = now + 1000;
    expect(await admit(world.asGate, ZeroAddress, CHANNEL_ID, until, newBytes32())).toBe('ChannelAdmissionZeroAccount');
    expect(await admit(world.asGate, account, ZeroHash, until, newBytes32())).toBe('ChannelAdmissionZeroChannel');
    expect(await admit(world.asGate, account, CHANNEL_ID, until, ZeroHash)).toBe('ChannelAdmissionReceiptMissing');
    expect(await admit(world.asGate, account, CHANNEL_ID, now - 1, newBytes32())).toBe('ChannelAdmissionUntilPast');
    expect(await admit(world.asGate, account, CHANNEL_ID, 0, newBytes32())).toBe('ChannelAdmissionUntilPast');
    expect(await admit(world.asGate, account, CHANNEL_ID, now + 367 * 86_400, newBytes32())).toBe('ChannelAdmissionTooLong');
    expect(await admit(world.asGate, account, CHANNEL_ID, 2n ** 64n - 1n, newBytes32())).toBe('ChannelAdmissionTooLong');
  });

  it('lets no receipt admit twice after it was withdrawn, nor another account, nor another channel', async () => {
    const { account } = world.stranger();
    const receipt = newBytes32();
    const until = (await world.now()) + 1000;
    expect(await admit(world.asGate, account, CHANNEL_ID, until, receipt)).toBe('mined');
    expect(await admit(world.asGate, account, CHANNEL_ID, until, receipt)).toBe('mined');
    expect(await admit(world.asGate, world.stranger().account, CHANNEL_ID, until, receipt)).toBe('ChannelAdmissionReceiptTaken');
    expect(await admit(world.asGate, account, channelId('multi_class'), until, receipt)).toBe('ChannelAdmissionReceiptTaken');
    await world.tell(world.asGate, 'ChannelAdmission', 'withdraw', [account, CHANNEL_ID]);
    expect(await admit(world.asGate, account, CHANNEL_ID, until, receipt)).toBe('ChannelAdmissionReceiptSpent');
    const renewed = newBytes32();
    expect(await admit(world.asGate, account, CHANNEL_ID, until, renewed)).toBe('mined');
    expect(await admit(world.asGate, account, CHANNEL_ID, until, newBytes32())).toBe('mined');
    // The renewal spent the one it replaced.
    expect(await admit(world.asGate, account, CHANNEL_ID, until, renewed)).toBe('ChannelAdmissionReceiptSpent');
  });

  it('writes a batch as a whole or not at all, within its bound', async () => {
    const until = (await world.now()) + 1000;
    const accounts = Array.from({ length: 20 }, () => world.stranger().account);
    const batch = accounts.map((account) => [account, CHANNEL_ID, until, newBytes32()]);
    expect(
      await outcomeOf(
        world.tell(world.asGate, 'ChannelAdmission', 'admitBatch', [[...batch, [ZeroAddress, CHANNEL_ID, until, newBytes32()]]]),
      ),
    ).toBe('ChannelAdmissionZeroAccount');
    expect(await isAdmitted(accounts[0]!)).toBe(false);
    expect(await outcomeOf(world.tell(world.asGate, 'ChannelAdmission', 'admitBatch', [batch]))).toBe('mined');
    expect(await isAdmitted(accounts[19]!)).toBe(true);
    const keys = [...accounts, world.stranger().account].map((account) => [account, CHANNEL_ID]);
    expect(await outcomeOf(world.tell(world.asGate, 'ChannelAdmission', 'withdrawBatch', [keys]))).toBe('mined');
    expect(await isAdmitted(accounts[0]!)).toBe(false);
    for (const method of ['admitBatch', 'withdrawBatch']) {
      expect(await outcomeOf(world.tell(world.asGate, 'ChannelAdmission', method, [[]]))).toBe('ChannelAdmissionBatchSize');
    }
    const tooMany = Array.from({ length: 201 }, () => keys[0]);
    expect(await outcomeOf(world.tell(world.asGate, 'ChannelAdmission', 'withdrawBatch', [tooMany]))).toBe('ChannelAdmissionBatchSize');
  });
});
