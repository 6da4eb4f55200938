import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JsonRpcProvider, Wallet } from 'ethers';
import { instant } from '@gridpass/core';
import {
  accountFromPrivateKey,
  buildOrderCall,
  createAccountKey,
  createAdmissionReader,
  createMarketTrader,
  signAccountClaim,
} from '@gridpass/ledger';
import type { OrderTerms } from '@gridpass/ledger';
import { NOON } from '@gridpass/testkit';
import { CHANNEL, startRig } from './rig.js';
import type { Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => {
  await rig.stop();
});

const order = (): OrderTerms => ({
  channel: CHANNEL,
  interval: instant(Math.ceil((NOON + 3600) / 900) * 900),
  side: 'offer',
  energyWh: 1000,
  priceCentsPerMwh: 5000,
});

/** Sends an order as any wallet of the Ethereum world would, through the gate. */
async function sendThroughGate(
  privateKey: string,
  terms = order(),
): Promise<{ readonly hash?: string; readonly error?: { readonly code?: string } }> {
  const provider = new JsonRpcProvider(rig.gate.rpcUrl, rig.node.chainId, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 50 });
  try {
    const { to, data } = buildOrderCall(rig.gate.contracts.EnergyMarket, terms);
    const sent = await new Wallet(privateKey, provider).sendTransaction({ to: to!, data, gasLimit: 500_000 });
    await sent.wait();
    return { hash: sent.hash };
  } catch (cause) {
    const { error, info } = cause as { error?: { data?: { code?: string } }; info?: { error?: { data?: { code?: string } } } };
    return { error: { code: (error ?? info?.error)?.data?.code ?? String(cause) } };
  } finally {
    provider.destroy();
  }
}

describe('an account on the ledger', () => {
  it('trades once admitted, with every step in the log, and another is refused by the gate and by the contract', async () => {
    const [mine, other] = [createAccountKey(), createAccountKey()];
    const token = await rig.token();
    const admitted = await rig.admit(accountFromPrivateKey(mine), token);
    expect(admitted).toMatchObject({ status: 201, body: { channel: CHANNEL, until: NOON + 60 + 3600 } });

    const traded = await sendThroughGate(mine);
    expect(traded.hash).toMatch(/^0x/);
    expect((await rig.chain.provider.getTransactionReceipt(traded.hash!))?.status).toBe(1);
    expect(rig.records.map(({ kind, action, effect }) => `${kind} ${action} ${effect ?? ''}`)).toEqual(
      expect.arrayContaining([
        'decision multi_class:admit permit',
        'decision multi_class:admit-account permit',
        'act admit-account ',
        'decision send-transaction permit',
      ]),
    );
    expect(JSON.stringify(rig.records)).not.toContain(accountFromPrivateKey(mine).account);

    expect(await sendThroughGate(other)).toEqual({ error: { code: 'SENDER_NOT_ADMITTED' } });
    // Anyone can make an account: such a refusal is counted and summed up, and is no line of its own.
    expect(rig.records.filter(({ code }) => code === 'SENDER_NOT_ADMITTED')).toEqual([]);
    // Straight at the node, past the gate: the contract refuses too.
    const { direct } = rig.newAccount();
    expect(await createMarketTrader(rig.chain, rig.gate.contracts.EnergyMarket, direct).placeOrder(order())).toMatchObject({
      refusal: { code: 'SENDER_NOT_ADMITTED', detail: 'AdmittedNotAdmitted' },
    });
  });

  it('is admitted by nobody without a session, without the right credential, or for another channel', async () => {
    const { signer } = rig.newAccount();
    expect(
      await rig.call('POST', `/admissions/${CHANNEL}`, { bare: true, json: { account: signer.account, signature: '0x' } }),
    ).toMatchObject({ status: 401, body: { code: 'GRANT_REQUIRED' } });
    await expect(rig.token({ compact: rig.society.customer.compact })).rejects.toThrow(/PROOF_INVALID|QUERY_NOT_MET/);
    const token = await rig.token();
    expect(
      await rig.call('POST', '/admissions/behind_the_meter', { token, json: { account: signer.account, signature: '0x' } }),
    ).toMatchObject({ status: 401, body: { code: 'TOKEN_INVALID' } });
  });

  it('must sign for this session, channel, chain and gate, and for itself', async () => {
    const token = await rig.token();
    const { signer } = rig.newAccount();
    const thief = rig.newAccount().signer;
    for (const claim of [
      { state: 'another' },
      { channel: 'behind_the_meter' },
      { chainId: 1 },
      { audience: 'https://ledger.example' },
      { account: thief.account },
    ]) {
      expect(await rig.admit(signer, token, { claim })).toMatchObject({ status: 401, body: { code: 'PROOF_INVALID' } });
    }
    expect(await rig.admit(signer, token, { by: thief })).toMatchObject({ status: 401, body: { code: 'PROOF_INVALID' } });
    // A signature made in one session is worth nothing in the next.
    const next = await rig.token();
    const shown = await rig.call('GET', `/admissions/${CHANNEL}/claim?account=${signer.account}`, { token });
    const signature = await signAccountClaim(shown.body['claim'] as never, signer);
    expect(await rig.call('POST', `/admissions/${CHANNEL}`, { token: next, json: { account: signer.account, signature } })).toMatchObject({
      status: 401,
      body: { code: 'PROOF_INVALID' },
    });
    for (const json of [
      { account: signer.account },
      { signature },
      { account: signer.account.toUpperCase(), signature },
      { account: `${signer.account}0`, signature },
    ]) {
      expect((await rig.call('POST', `/admissions/${CHANNEL}`, { token, json })).status).toBeGreaterThanOrEqual(400);
    }
    expect(await rig.call('POST', `/admissions/${CHANNEL}`, { token, json: { account: signer.account, signature } })).toMatchObject({
      status: 201,
    });
  });

  it('proves itself with typed data or a signed text, as wallets of the field do', async () => {
    const token = await rig.token({ holder: rig.society.stranger, compact: (await rig.role(rig.society.stranger)).compact });
    const holder = rig.society.stranger;
    for (const way of ['typedData', 'text'] as const) {
      const wallet = new Wallet(createAccountKey());
      const { body } = await rig.call('GET', `/admissions/${CHANNEL}/claim?account=${wallet.address}`, { holder, token });
      const typed = body['typedData'] as { domain: object; types: Record<string, { name: string; type: string }[]>; message: object };
      const { EIP712Domain: _, ...types } = typed.types;
      const signature =
        way === 'text'
          ? await wallet.signMessage(body['text'] as string)
          : await wallet.signTypedData(typed.domain, types, typed.message as never);
      expect(
        await rig.call('POST', `/admissions/${CHANNEL}`, { holder, token, json: { account: wallet.address, signature } }),
      ).toMatchObject({ status: 201 });
    }
  });

  it('stops trading when the credential behind it is revoked, within one round of upkeep', async () => {
    const key = createAccountKey();
    const holder = rig.society.stranger;
    const { compact, references } = await rig.role(holder);
    const [signer, token] = [accountFromPrivateKey(key), await rig.token({ holder, compact })];
    expect(await rig.admit(signer, token, { holder })).toMatchObject({ status: 201 });
    expect((await sendThroughGate(key)).hash).toBeDefined();
    rig.society.status.mark(references, 'revoked');
    expect(await rig.call('GET', `/admissions/${CHANNEL}/claim?account=${signer.account}`, { holder, token })).toMatchObject({
      status: 401,
      body: { code: 'GRANT_ENDED', reasons: ['REVOKED'] },
    });
    await rig.gate.upkeep();
    expect(await sendThroughGate(key)).toEqual({ error: { code: 'SENDER_NOT_ADMITTED' } });
    const reader = createAdmissionReader(rig.chain, rig.gate.contracts.ChannelAdmission);
    expect(await reader.admissionOf({ account: signer.account, channel: CHANNEL })).toBeUndefined();
    expect(rig.records).toEqual(expect.arrayContaining([expect.objectContaining({ action: 'withdraw-account', reasons: ['REVOKED'] })]));
  });

  it('may be given up by its holder', async () => {
    const { signer } = rig.newAccount();
    const token = await rig.token();
    const shown = await rig.call('GET', `/admissions/${CHANNEL}/claim?account=${signer.account}`, { token });
    const json = { account: signer.account, signature: await signAccountClaim(shown.body['claim'] as never, signer) };
    expect(await rig.call('POST', `/admissions/${CHANNEL}`, { token, json })).toMatchObject({ status: 201 });
    expect(rig.gate.keeper.channelsOf(signer.account, rig.clock.now())).toEqual([CHANNEL]);
    expect(await rig.call('DELETE', `/admissions/${CHANNEL}`, { token, json })).toMatchObject({ status: 200, body: { withdrawn: true } });
    expect(rig.gate.keeper.channelsOf(signer.account, rig.clock.now())).toEqual([]);
    expect(await rig.call('DELETE', `/admissions/${CHANNEL}`, { token, json })).toMatchObject({ status: 404 });
  });

  it('publishes the bound within which a revocation bites', async () => {
    expect(await rig.call('GET', '/', { bare: true })).toMatchObject({
      status: 200,
      body: { revocationBoundSeconds: 3670, leaseSeconds: 3600, chainId: rig.node.chainId },
    });
    expect((await rig.call('GET', `/channels/${CHANNEL}/policy`, { bare: true })).text).toContain('@id("ledger-market-party")');
  });
});
