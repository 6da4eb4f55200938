import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Digest } from '@gridpass/core';
import { Fault, assertOk, tenantId } from '@gridpass/core';
import { createSender } from '../index.js';
import { TENANT } from './relay-owner.js';
import { createRelayWorld } from './relay-world.js';
import type { RelayWorld } from './relay-world.js';

describe('the relayer', () => {
  let relay: RelayWorld;
  beforeAll(async () => {
    relay = await createRelayWorld();
  });
  afterAll(() => relay.stop());

  it('sends twenty calls at once of twenty owners, and twenty of one, each once', async () => {
    const relayer = relay.relayer();
    const owners = Array.from({ length: 20 }, () => relay.owner());
    const one = relay.owner();
    const ids = (
      await Promise.all([
        ...owners.map((owner, index) => relayer.addCalls(TENANT, [owner.service(`https://${String(index)}.example`, 0)])),
        ...Array.from({ length: 20 }, (_, nonce) => relayer.addCalls(TENANT, [one.service(`https://${String(nonce)}.example`, nonce)])),
      ])
    ).flatMap(assertOk);
    const ends = await relayer.settled(TENANT, ids);
    expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(['mined']));
    for (const [index, owner] of owners.entries()) expect(await relay.effects(owner)).toEqual([`https://${String(index)}.example`]);
    expect(await relay.effects(one)).toEqual(Array.from({ length: 20 }, (_, nonce) => `https://${String(nonce)}.example`));
    expect(await relay.nonce(one)).toBe(20);
    await relayer.close();
  });

  it('waits while the chain asks more than it may pay, says so, and sends once it asks less', async () => {
    const owner = relay.owner();
    const { chain } = relay.world;
    await chain.ask('anvil_setNextBlockBaseFeePerGas', ['0x3b9aca00']);
    await chain.ask('evm_mine', []);
    const told: string[] = [];
    const tight = relay.relayer({ settings: { pollMs: 10, maxFeePerGas: 1_000n }, onFault: ({ message }) => void told.push(message) });
    const ids = assertOk(await tight.addCalls(TENANT, [owner.service('https://dear.example', 0)]));
    while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect([told[0], await relay.effects(owner)]).toEqual([expect.stringContaining('more for gas'), []]);
    await tight.close();
    await chain.ask('anvil_setNextBlockBaseFeePerGas', ['0x0']);
    await chain.ask('evm_mine', []);
    const relayer = relay.relayer({ settings: { pollMs: 10, maxFeePerGas: 10_000_000_000_000n } });
    expect((await relayer.settled(TENANT, ids)).map(({ state }) => state)).toEqual(['mined']);
    expect(await relay.effects(owner)).toEqual(['https://dear.example']);
    await relayer.close();
  });

  it('takes the same signed call for the same request, however often it comes', async () => {
    const relayer = relay.relayer();
    const owner = relay.owner();
    const call = owner.service('https://once.example', 0);
    const added = await Promise.all([1, 2, 3].map(() => relayer.addCalls(TENANT, [call])));
    expect(new Set(added.flatMap(assertOk)).size).toBe(1);
    await relayer.settled(TENANT, added.flatMap(assertOk));
    expect(assertOk(await relayer.addCalls(TENANT, [call]))).toEqual(assertOk(added[0] ?? added[1]!));
    expect(await relay.effects(owner)).toEqual(['https://once.example']);
    await relayer.close();
  });

  it('refuses a nonce that another open call has, what is no call of the registry, and more than a tenant may have open', async () => {
    const relayer = relay.relayer({
      settings: { maxOpen: 3, pollMs: 60_000 },
      chain: { ...relay.world.chain, use: () => Promise.reject(new Fault('CHAIN_UNAVAILABLE', 'away')) },
    });
    const tenant = tenantId('narrow');
    const owner = relay.owner();
    assertOk(await relayer.addCalls(tenant, [owner.service('https://a.example', 0)]));
    expect(await relayer.nextNonce(tenant, { chainId: 31_337, registry: relay.registry, owner: owner.address })).toBe(1);
    expect(await relayer.addCalls(tenant, [owner.service('https://b.example', 1), owner.service('https://c.example', 0)])).toMatchObject({
      refusal: { code: 'CONFLICT' },
    });
    expect(await relayer.nextNonce(tenant, { chainId: 31_337, registry: relay.registry, owner: owner.address })).toBe(1);
    const call = owner.service('https://d.example', 1);
    for (const wrong of [
      { data: '0xdeadbeef' },
      { chainId: 1 },
      { registry: owner.address },
      { data: `${call.data}${'00'.repeat(5_000)}` },
      { nonce: -1 },
    ]) {
      expect(await relayer.addCalls(tenant, [{ ...call, ...wrong }])).toMatchObject({ refusal: { code: 'REQUEST_MALFORMED' } });
    }
    expect(
      await relayer.addCalls(
        tenant,
        [1, 2, 3].map((nonce) => owner.service('https://e.example', nonce)),
      ),
    ).toMatchObject({ refusal: { code: 'RATE_LIMITED' } });
    await relay.store.db.deleteFrom('relay_request').where('tenant', '=', tenant).execute();
  });

  it('says why a call can never take effect, and goes on with the next that can', async () => {
    const relayer = relay.relayer();
    const [owner, other] = [relay.owner(), relay.owner()];
    const forged = {
      ...owner.service('https://x.example', 0),
      data: other.service('https://x.example', 0).data.replace(other.address.slice(2), owner.address.slice(2)),
    };
    const [first] = assertOk(await relayer.addCalls(TENANT, [forged]));
    expect(await relayer.settled(TENANT, [first as Digest])).toMatchObject([{ state: 'failed', reason: 'bad_signature' }]);
    const [late] = assertOk(await relayer.addCalls(TENANT, [owner.service('https://y.example', 1)]));
    expect(await relayer.settled(TENANT, [late as Digest])).toMatchObject([
      { state: 'failed', reason: expect.stringMatching('nonce-gap') },
    ]);
    const good = assertOk(await relayer.addCalls(TENANT, [owner.service('https://z.example', 0)]));
    expect(await relayer.settled(TENANT, good)).toMatchObject([{ state: 'mined' }]);
    await relayer.close();
  });

  it('finds a call that a stranger sent before it, and counts it as done', async () => {
    const owner = relay.owner();
    const call = owner.service('https://stolen.example', 0);
    const stranger = relay.world.stranger();
    const sent = await createSender(relay.world.chain, stranger.signer).send({ to: relay.world.contracts.DidRegistry, data: call.data });
    const relayer = relay.relayer();
    const ends = await relayer.settled(TENANT, assertOk(await relayer.addCalls(TENANT, [call])));
    expect(ends).toMatchObject([{ state: 'mined', hash: sent.kind === 'mined' ? sent.hash : '' }]);
    expect(await relay.effects(owner)).toEqual(['https://stolen.example']);
    await relayer.close();
  });

  describe.each(['write', 'handOver', 'settle'] as const)('when it ends before it can %s', (step) => {
    it.each([1, 2, 3])('on the %i. time, the next one loses and doubles nothing', async (time) => {
      const owner = relay.owner();
      let left = time;
      const first = relay.relayer({
        before: (at) => {
          if (at === step && (left -= 1) === 0) throw new TypeError('crash');
        },
      });
      const texts = [0, 1, 2, 3].map((nonce) => `https://${step}-${String(time)}-${String(nonce)}.example`);
      const ids = assertOk(
        await first.addCalls(
          TENANT,
          texts.map((text, nonce) => owner.service(text, nonce)),
        ),
      );
      await expect(first.settled(TENANT, ids)).rejects.toThrow('the relayer has ended');
      const second = relay.relayer();
      expect((await second.settled(TENANT, ids)).map(({ state }) => state)).toEqual(['mined', 'mined', 'mined', 'mined']);
      expect(await relay.effects(owner)).toEqual(texts);
      await second.close();
    });
  });

  describe('when blocks do not come', () => {
    afterEach(async () => {
      await relay.world.chain.ask('evm_setAutomine', [true]);
      await relay.world.chain.ask('anvil_setNextBlockBaseFeePerGas', ['0x0']);
      await relay.world.chain.ask('evm_mine', []);
    });

    it('replaces a transaction whose fee has become too low: same nonce, higher fee', async () => {
      const { chain } = relay.world;
      await chain.ask('evm_setAutomine', [false]);
      const owner = relay.owner();
      const relayer = relay.relayer({ settings: { stuckSeconds: 5 } });
      const ids = assertOk(
        await relayer.addCalls(TENANT, [owner.service('https://slow.example', 0), owner.service('https://slower.example', 1)]),
      );
      const rows = async () =>
        await relay.store.db
          .selectFrom('relay_request')
          .select(['state', 'transactions'])
          .where('id', 'in', ids)
          .orderBy('nonce')
          .execute();
      await until(async () => (await rows()).every(({ state }) => state === 'submitted'));
      await chain.ask('anvil_setNextBlockBaseFeePerGas', ['0x3b9aca00']);
      await chain.ask('evm_mine', []);
      expect(await relay.effects(owner)).toEqual([]);
      relay.clock.pass(6);
      await until(async () => (await rows()).every(({ transactions }) => (JSON.parse(transactions) as unknown[]).length === 2));
      const made = (await rows()).map(({ transactions }) => JSON.parse(transactions) as { accountNonce: number; feePerGas: string }[]);
      for (const [before, after] of made) {
        expect(after?.accountNonce).toBe(before?.accountNonce);
        expect(BigInt(after?.feePerGas ?? 0)).toBeGreaterThan(BigInt(before?.feePerGas ?? 0));
      }
      await until(async () => {
        await chain.ask('evm_mine', []);
        return (await relay.effects(owner)).length === 2;
      });
      expect(await relayer.settled(TENANT, ids)).toMatchObject([{ state: 'mined' }, { state: 'mined' }]);
      expect(await relay.effects(owner)).toEqual(['https://slow.example', 'https://slower.example']);
      await relayer.close();
    });
  });

  it('takes another nonce when a program with the same account is quicker', async () => {
    const { world } = relay;
    const owner = relay.owner();
    let rival = true;
    const relayer = relay.relayer({
      before: async (step) => {
        if (step !== 'handOver' || !rival) return;
        rival = false;
        await world.asGate
          .send({
            to: world.contracts.DidRegistry,
            data: '0x22b05ed2000000000000000000000000000000000000000000000000000000000000dead0000000000000000000000000000000000000000000000000000000000000000',
          })
          .catch(() => undefined);
        await world.asGate.send({ to: relay.owner().address as never, data: '0x' });
      },
    });
    const ids = assertOk(await relayer.addCalls(TENANT, [owner.service('https://rival.example', 0)]));
    expect(await relayer.settled(TENANT, ids)).toMatchObject([{ state: 'mined' }]);
    expect(await relay.effects(owner)).toEqual(['https://rival.example']);
    await relayer.close();
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
