import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ZeroAddress, ZeroHash, id } from 'ethers';
import { createAnchorReader, createAnchorWriter } from '../index.js';
import type { AnchorReader } from '../index.js';
import { createWorld, newBytes32, outcomeOf } from './world.js';
import type { World } from './world.js';

let world: World;
let anchors: AnchorReader;
beforeAll(async () => {
  world = await createWorld();
  anchors = createAnchorReader(world.chain, world.contracts.AuditAnchor);
});
afterAll(async () => {
  await world.stop();
});

// RFC 9162, 2.1.1 and 2.1.4.1, straight from the text: the contract is checked against the definition.
const hash = (left: Buffer, right: Buffer): Buffer =>
  createHash('sha256')
    .update(Buffer.from([1]))
    .update(left)
    .update(right)
    .digest();
const split = (n: number): number => 2 ** Math.floor(Math.log2(n - 1));
const rootOf = (leaves: Buffer[]): Buffer =>
  leaves.length === 1 ? leaves[0]! : hash(rootOf(leaves.slice(0, split(leaves.length))), rootOf(leaves.slice(split(leaves.length))));
const subproof = (m: number, leaves: Buffer[], whole: boolean): Buffer[] => {
  if (m === leaves.length) return whole ? [] : [rootOf(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), rootOf(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), rootOf(leaves.slice(0, k))];
};
const LEAVES = Array.from({ length: 40 }, () => randomBytes(32));
const root = (size: number): Buffer => rootOf(LEAVES.slice(0, size));
const proof = (from: number, to: number): Buffer[] => subproof(from, LEAVES.slice(0, to), true);

async function newLog(): Promise<{
  origin: string;
  anchor: (size: number, from?: number) => Promise<unknown>;
  tell: (...args: unknown[]) => Promise<string>;
}> {
  const { account, sender } = world.stranger();
  const origin = `log.example/${account}`;
  await createAnchorWriter(world.chain, world.contracts.AuditAnchor, world.asAdmin).registerLog(origin, account);
  const writer = createAnchorWriter(world.chain, world.contracts.AuditAnchor, sender);
  return {
    origin,
    anchor: (size, from) => writer.anchorCheckpoint({ origin, size, root: root(size), proof: from === undefined ? [] : proof(from, size) }),
    tell: (...args) => outcomeOf(world.tell(sender, 'AuditAnchor', 'anchor', args)),
  };
}

describe('AuditAnchor', () => {
  it('follows a log that grows, for every pair of sizes', async () => {
    for (const from of [1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16, 31]) {
      const { anchor } = await newLog();
      expect(await anchor(from)).toEqual({ ok: true, value: true });
      let last = from;
      for (const to of [from + 1, from + 3, from + 4, 37]) {
        if (to <= last) continue;
        expect([last, to, await anchor(to, last)]).toEqual([last, to, { ok: true, value: true }]);
        last = to;
      }
    }
  });

  it('tells by when an entry existed', async () => {
    const { origin, anchor } = await newLog();
    expect(await anchors.latestCheckpoint(origin)).toBeUndefined();
    expect(await anchors.firstCovering(origin, 0)).toBeUndefined();
    await anchor(3);
    await world.pass(1000);
    await anchor(9, 3);
    const early = await anchors.firstCovering(origin, 2);
    const late = await anchors.firstCovering(origin, 3);
    expect(early?.size).toBe(3);
    expect(late).toMatchObject({ size: 9, root: new Uint8Array(root(9)) });
    expect(late!.anchoredAt - early!.anchoredAt).toBeGreaterThanOrEqual(1000);
    expect(await anchors.firstCovering(origin, 9)).toBeUndefined();
    expect((await anchors.latestCheckpoint(origin))?.size).toBe(9);
    expect((await world.ask('AuditAnchor', 'checkpointCount', [id(origin)]))[0]).toBe(2n);
    expect((await world.ask('AuditAnchor', 'checkpointAt', [id(origin), 0]))[0]).toMatchObject({ 1: 3n });
  });

  it('refuses a log that was rewritten, and a proof with any byte changed', async () => {
    const { origin, anchor, tell } = await newLog();
    await anchor(6);
    const good = proof(6, 11);
    expect(await tell(id(origin), 11, root(11), [])).toBe('AuditAnchorInconsistent');
    expect(await tell(id(origin), 11, newBytes32(), good)).toBe('AuditAnchorInconsistent');
    expect(await tell(id(origin), 17, root(11), good)).toBe('AuditAnchorInconsistent');
    expect(await tell(id(origin), 11, root(11), [...good, randomBytes(32)])).toBe('AuditAnchorInconsistent');
    for (let i = 0; i < good.length; i += 1) {
      const bent = good.map((node, at) => (at === i ? Buffer.from(node.map((byte, n) => (n === 7 ? byte ^ 1 : byte))) : node));
      expect(await tell(id(origin), 11, root(11), bent)).toBe('AuditAnchorInconsistent');
      expect(
        await tell(
          id(origin),
          11,
          root(11),
          good.filter((_, at) => at !== i),
        ),
      ).toBe('AuditAnchorInconsistent');
    }
    expect(await tell(id(origin), 11, root(11), good)).toBe('mined');
  });

  it('lets size and root only grow', async () => {
    const { origin, anchor, tell } = await newLog();
    expect(await tell(id(origin), 0, root(1), [])).toBe('AuditAnchorNotGrowing');
    expect(await tell(id(origin), 5, ZeroHash, [])).toBe('AuditAnchorZeroRoot');
    await anchor(5);
    expect(await anchor(5)).toMatchObject({ refusal: { code: 'LOG_INCONSISTENT' } });
    expect(await tell(id(origin), 4, root(4), [])).toBe('AuditAnchorNotGrowing');
  });

  it('takes checkpoints of the registered writer only', async () => {
    const { origin } = await newLog();
    const { sender, account } = world.stranger();
    expect(await outcomeOf(world.tell(sender, 'AuditAnchor', 'anchor', [id(origin), 1, root(1), []]))).toBe('AuditAnchorNotWriter');
    expect(await outcomeOf(world.tell(sender, 'AuditAnchor', 'anchor', [id('nobody'), 1, root(1), []]))).toBe('AuditAnchorLogUnknown');
    expect(await outcomeOf(world.tell(sender, 'AuditAnchor', 'registerLog', [id(origin), account]))).toBe(
      'AccessControlUnauthorizedAccount',
    );
    expect(await outcomeOf(world.tell(world.asAdmin, 'AuditAnchor', 'registerLog', [id(origin), ZeroAddress]))).toBe(
      'AuditAnchorZeroWriter',
    );
    expect(await anchors.writerOf('nobody')).toBeUndefined();
  });
});
