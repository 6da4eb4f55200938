import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SigningKey, ZeroAddress, ZeroHash, computeAddress } from 'ethers';
import { instant } from '@gridpass/core';
import { DEPLOY_CHANNEL, NODE_CHANNEL, channelId, createAccountKey, createAdmissionWriter, openTargets, parseAccount } from '../index.js';
import type { Account, AdmissionWriter } from '../index.js';
import { CHANNEL, admin, createWorld, gate, newBytes32, newReceipt, outcomeOf } from './world.js';
import type { World } from './world.js';

let world: World;
let writer: AdmissionWriter;
beforeAll(async () => {
  world = await createWorld();
  writer = createAdmissionWriter(world.chain, world.contracts.ChannelAdmission, world.asGate);
});
afterAll(async () => {
  await world.stop();
});

const admit = async (account: Account, channel: string): Promise<void> =>
  writer.admit([{ account, channel, until: instant((await world.now()) + 1000), receipt: newReceipt() }]);
const allowed = async (sender: string, target: string): Promise<unknown> =>
  (await world.ask('AccountPermissioning', 'transactionAllowed', [sender, target, 0, 0, 21_000, '0x']))[0];

describe('AccountPermissioning', () => {
  it('is opened by the table that the RPC gate judges by', async () => {
    for (const [target, channels] of openTargets(world.contracts, [CHANNEL]))
      expect(await world.ask('AccountPermissioning', 'channelsOf', [target ?? ZeroAddress])).toEqual([channels.map(channelId)]);
  });

  it('lets an account into blocks for what its admission opens, until it is withdrawn', async () => {
    const { account } = world.stranger();
    expect(await allowed(account, world.contracts.EnergyMarket)).toBe(false);
    await admit(account, CHANNEL);
    expect(await allowed(account, world.contracts.EnergyMarket)).toBe(true);
    expect(await allowed(account, world.contracts.DidRegistry)).toBe(true);
    expect(await allowed(account, world.contracts.ChannelAdmission)).toBe(false);
    expect(await allowed(account, ZeroAddress)).toBe(false);
    await writer.withdraw([{ account, channel: CHANNEL }]);
    expect(await allowed(account, world.contracts.EnergyMarket)).toBe(false);
  });

  it('always lets the gate and the administrator in', async () => {
    expect(await allowed(gate.account, world.contracts.ChannelAdmission)).toBe(true);
    expect(await allowed(admin.account, ZeroAddress)).toBe(true);
  });

  it('opens and closes targets by the administrator alone', async () => {
    const { account, sender } = world.stranger();
    const open = (...args: unknown[]): Promise<string> => outcomeOf(world.tell(world.asAdmin, 'AccountPermissioning', 'openTarget', args));
    expect(await outcomeOf(world.tell(sender, 'AccountPermissioning', 'openTarget', [ZeroAddress, [channelId(DEPLOY_CHANNEL)]]))).toBe(
      'AccessControlUnauthorizedAccount',
    );
    expect(await open(ZeroAddress, Array.from({ length: 9 }, newBytes32))).toBe('AccountPermissioningTooManyChannels');
    expect(await open(ZeroAddress, [ZeroHash])).toBe('AccountPermissioningZeroChannel');
    expect(await open(ZeroAddress, [channelId(DEPLOY_CHANNEL)])).toBe('mined');
    await admit(account, DEPLOY_CHANNEL);
    expect(await allowed(account, ZeroAddress)).toBe(true);
    expect(await open(ZeroAddress, [])).toBe('mined');
    expect(await allowed(account, ZeroAddress)).toBe(false);
  });
});

describe('NodePermissioning', () => {
  const newNode = (): { enodeId: string; account: Account } => {
    const { publicKey } = new SigningKey(createAccountKey());
    const account = parseAccount(computeAddress(publicKey)).value!;
    return { enodeId: publicKey.slice(4), account };
  };
  const connects = async (enodeId: string): Promise<unknown> =>
    (await world.ask('NodePermissioning', 'connectionAllowed', [enodeId, '10.0.0.7', 30_303]))[0];

  it('lets a node connect while the account of its key is admitted', async () => {
    const { enodeId, account } = newNode();
    expect((await world.ask('NodePermissioning', 'accountOf', [enodeId]))[0]).toBe(account);
    expect(await connects(enodeId)).toBe(false);
    await admit(account, NODE_CHANNEL);
    expect(await connects(enodeId)).toBe(true);
    expect(await connects(enodeId.toUpperCase())).toBe(true);
    await writer.withdraw([{ account, channel: NODE_CHANNEL }]);
    expect(await connects(enodeId)).toBe(false);
  });

  it('admits to the network by the channel of nodes alone', async () => {
    const { enodeId, account } = newNode();
    await admit(account, CHANNEL);
    expect(await connects(enodeId)).toBe(false);
  });

  it('lets founders connect before anything is admitted', async () => {
    const { enodeId, account } = newNode();
    const [role] = await world.ask('NodePermissioning', 'FOUNDER_ROLE', []);
    expect(await outcomeOf(world.tell(world.asAdmin, 'NodePermissioning', 'grantRole', [role, account]))).toBe('mined');
    expect(await connects(enodeId)).toBe(true);
  });

  it('takes nothing for a node that is not 128 hexadecimal digits', async () => {
    const { enodeId } = newNode();
    for (const text of [
      '',
      enodeId.slice(1),
      `${enodeId}0`,
      `0x${enodeId.slice(2)}`,
      `g${enodeId.slice(1)}`,
      `${enodeId.slice(1)}:`,
      `enode://${enodeId}`,
    ]) {
      expect((await world.ask('NodePermissioning', 'accountOf', [text]))[0]).toBe(ZeroAddress);
      expect(await connects(text)).toBe(false);
    }
  });
});
