import { readFile, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Interface, id } from 'ethers';
import { ARTEFACTS, channelId } from '../index.js';
import type { ContractName, Sender } from '../index.js';
import { CHANNEL, createWorld, newBytes32 } from './world.js';
import type { World } from './world.js';

// The table of docs/ledger-gas.md. A call may cost what the table says and not more; `GRIDPASS_WRITE_GAS=1` writes it anew.
const TABLE = new URL('../../../../docs/ledger-gas.md', import.meta.url);
const CHANNEL_ID = channelId(CHANNEL);
let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => {
  await world.stop();
});

async function measure(): Promise<readonly (readonly [string, number])[]> {
  const rows: [string, number][] = [];
  const spend = async (label: string, sender: Sender, name: ContractName, method: string, args: readonly unknown[]): Promise<void> => {
    const sent = await world.tell(sender, name, method, args);
    if (sent.kind !== 'mined') throw new Error(`${label}: ${sent.revert.name}`);
    rows.push([label, sent.gasUsed]);
  };
  const until = (Math.floor((await world.now()) / 900) + 1) * 900 + 86_400;
  const fill = (n: number): string => `0x${n.toString(16).padStart(64, '5')}`;
  const account = (n: number): string => `0x${n.toString(16).padStart(40, '7')}`;
  await spend('ChannelAdmission.admit, first', world.asGate, 'ChannelAdmission', 'admit', [account(1), CHANNEL_ID, until, fill(1)]);
  await spend('ChannelAdmission.admit, lease renewed', world.asGate, 'ChannelAdmission', 'admit', [
    account(1),
    CHANNEL_ID,
    until + 1,
    fill(1),
  ]);
  await spend('ChannelAdmission.admitBatch of 50', world.asGate, 'ChannelAdmission', 'admitBatch', [
    Array.from({ length: 50 }, (_, i) => [account(100 + i), CHANNEL_ID, until, fill(100 + i)]),
  ]);
  await spend('ChannelAdmission.withdraw', world.asGate, 'ChannelAdmission', 'withdraw', [account(1), CHANNEL_ID]);
  await spend('ChannelAdmission.withdrawBatch of 50', world.asGate, 'ChannelAdmission', 'withdrawBatch', [
    Array.from({ length: 50 }, (_, i) => [account(100 + i), CHANNEL_ID]),
  ]);

  const [seller, buyer] = [world.stranger(), world.stranger()];
  for (const [n, { account: trader }] of [seller, buyer].entries())
    await world.tell(world.asGate, 'ChannelAdmission', 'admit', [trader, CHANNEL_ID, until, fill(500 + n)]);
  const interval = (Math.floor((await world.now()) / 900) + 2) * 900;
  await spend('EnergyMarket.placeOrder, first of an interval', seller.sender, 'EnergyMarket', 'placeOrder', [
    CHANNEL_ID,
    interval,
    0,
    1000,
    5000,
  ]);
  await spend('EnergyMarket.placeOrder', buyer.sender, 'EnergyMarket', 'placeOrder', [CHANNEL_ID, interval, 1, 1000, 6000]);
  await spend('EnergyMarket.cancelOrder', buyer.sender, 'EnergyMarket', 'cancelOrder', [CHANNEL_ID, 2]);
  for (let i = 0; i < 4; i += 1) {
    await world.tell(buyer.sender, 'EnergyMarket', 'placeOrder', [CHANNEL_ID, interval, 1, 100, 6000 + i]);
    await world.tell(seller.sender, 'EnergyMarket', 'placeOrder', [CHANNEL_ID, interval, 0, 100, 4000 + i]);
  }
  await world.chain.ask('evm_setNextBlockTimestamp', [interval]);
  await world.chain.ask('evm_mine', []);
  await spend('EnergyMarket.clearInterval, 9 orders', seller.sender, 'EnergyMarket', 'clearInterval', [CHANNEL_ID, interval]);
  await spend('EnergyMarket.settleInterval, 9 orders', seller.sender, 'EnergyMarket', 'settleInterval', [CHANNEL_ID, interval]);

  await spend('AuditAnchor.registerLog', world.asAdmin, 'AuditAnchor', 'registerLog', [id('log'), seller.account]);
  const leaves = Array.from({ length: 2 }, (_, i) => Buffer.alloc(32, i + 1));
  const root = `0x${createHash('sha256')
    .update(Buffer.from([1]))
    .update(leaves[0]!)
    .update(leaves[1]!)
    .digest('hex')}`;
  await spend('AuditAnchor.anchor, first', seller.sender, 'AuditAnchor', 'anchor', [id('log'), 1, `0x${leaves[0]!.toString('hex')}`, []]);
  await spend('AuditAnchor.anchor, 1 to 2 entries', seller.sender, 'AuditAnchor', 'anchor', [
    id('log'),
    2,
    root,
    [`0x${leaves[1]!.toString('hex')}`],
  ]);

  const now = await world.now();
  const terms = (holder: string, depth: number): unknown[] => [holder, 1n << 50n, now, until, depth, fill(9)];
  await spend('AccreditationRegistry.accreditRoot', world.asAdmin, 'AccreditationRegistry', 'accreditRoot', [
    terms(seller.account, 3),
    fill(3),
  ]);
  const granted = (await world.chain.provider.getLogs({ address: world.contracts.AccreditationRegistry, fromBlock: 0 }))
    .map((log) => new Interface(ARTEFACTS.AccreditationRegistry.abi).parseLog(log))
    .find((log) => log?.name === 'AccreditationGranted');
  await spend('AccreditationRegistry.accredit, one step below', seller.sender, 'AccreditationRegistry', 'accredit', [
    granted?.args['id'],
    terms(buyer.account, 2),
    [fill(4)],
  ]);
  await spend('AccreditationRegistry.revoke', world.asAdmin, 'AccreditationRegistry', 'revoke', [granted?.args['id']]);
  await spend('AccountPermissioning.openTarget, one channel', world.asAdmin, 'AccountPermissioning', 'openTarget', [
    account(3),
    [CHANNEL_ID],
  ]);
  return rows;
}

/** What one check costs inside a transaction that asked before: the difference between asking five times and four. */
async function warmCheck(): Promise<number> {
  const asked = world.stranger();
  await world.tell(world.asGate, 'ChannelAdmission', 'admit', [asked.account, CHANNEL_ID, (await world.now()) + 1000, newBytes32()]);
  const data = new Interface(ARTEFACTS.ChannelAdmission.abi).encodeFunctionData('isAdmitted', [asked.account, CHANNEL_ID]).slice(2);
  // A runtime of our own that calls the contract n times: store the 68 bytes of call data, then CALL, n times.
  const gasOf = async (times: number): Promise<number> => {
    const store = [0, 32, 64]
      .map((at) => `7f${data.slice(at * 2, at * 2 + 64).padEnd(64, '0')}60${at.toString(16).padStart(2, '0')}52`)
      .join('');
    const one = `6020608060446000600073${world.contracts.ChannelAdmission.slice(2)}5af150`;
    return Number(
      BigInt(String(await world.chain.ask('eth_estimateGas', [{ from: asked.account, data: `0x${store}${one.repeat(times)}00` }]))),
    );
  };
  const [four, five] = [await gasOf(4), await gasOf(5)];
  // Without what carrying one more call in the init code costs: 34 bytes of call data and its words.
  return five - four;
}

describe('gas', () => {
  it('is what docs/ledger-gas.md says, or less', async () => {
    const rows = await measure();
    const check = await warmCheck();
    expect(check).toBeLessThan(5000);
    const text = [
      "# Gas of the ledger's contracts",
      '',
      'Measured on the embedded chain by `packages/ledger/src/__tests__/gas.parts.test.ts`, which fails when a call costs more than it says here.',
      'On the permissioned chain gas is not paid for; it is the measure of work, and the bound of a block.',
      '',
      '| call | gas |',
      '| --- | ---: |',
      ...[...rows, ['one more admission check within a transaction (bound: 5000)', check] as const].map(
        ([label, gas]) => `| ${label} | ${gas} |`,
      ),
      '',
    ].join('\n');
    if (process.env['GRIDPASS_WRITE_GAS'] === '1') await writeFile(TABLE, text);
    const table = new Map(
      [...(await readFile(TABLE, 'utf8')).matchAll(/^\| (.+?) +\| +(\d+) \|$/gm)].map(([, label, gas]) => [label, Number(gas)]),
    );
    for (const [label, gas] of rows) {
      expect(table.has(label)).toBe(true);
      // Accounts and times differ from run to run by a few bytes that are zero or not.
      expect([label, gas <= (table.get(label) ?? 0) * 1.005 + 100]).toEqual([label, true]);
    }
  });
});
