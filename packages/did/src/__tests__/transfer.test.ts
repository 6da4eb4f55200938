import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { assertOk } from '@gridpass/core';
import type { Did, DidSigner, DidTransfer, DidUrl, Outcome, TenantId } from '@gridpass/core';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { createDidRepository } from '@gridpass/store';
import type { Store } from '@gridpass/store';
import { createParty } from '@gridpass/testkit';
import { createOfferAnswers } from '../index.js';
import { toDidEthr } from '../create.js';
import { accountOf } from '../lifecycle/registry-reader.js';
import { signTransferAnswer, toTransferOffer } from '../lifecycle/transfer-offer.js';
import { ANNA, BO, CHAIN, DSO, EVE, REQUEST, as, openTransferRig, wireTo } from './transfer-rig.js';
import type { TransferRig } from './transfer-rig.js';

const NONE = `0x${'00'.repeat(20)}`;
const toBo = { toDid: 'did:web:bo.example' as Did, toTenant: BO };

describe('a device on its way to a new owner', () => {
  let rig: TransferRig;
  let store: Store;
  let { transfers, parts, clock, resolver, owners, nonces } = {} as TransferRig;
  let did: Did;
  let elsewhere: DidSigner;

  beforeAll(async () => {
    rig = await openTransferRig();
    ({ store, transfers, parts, clock, resolver, owners, nonces } = rig);
  });
  afterAll(() => store.close());
  beforeEach(async () => {
    did = await rig.addDevice();
    elsewhere = rig.newcomer();
  });

  const offer = async (to: { readonly toDid: Did; readonly toTenant?: TenantId } = toBo, lifeSeconds = 600): Promise<DidTransfer> =>
    assertOk(await transfers.offer(as(ANNA), { did, ...to, lifeSeconds }));
  const codeOf = (outcome: Outcome<unknown>): string => outcome.refusal?.code ?? 'ok';
  const stateOf = async (transferId: string): Promise<string> => assertOk(await transfers.read(ANNA, transferId)).state;

  /** Brings a fresh offer into a state. */
  const INTO: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    offered: async () => undefined,
    accepted: async (id) => {
      rig.breaks = { at: 'registry', when: 'before' };
      await expect(transfers.accept(as(BO), id)).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
    },
    moved: (id) => transfers.accept(as(BO), id),
    confirmed: async (id) => {
      await transfers.accept(as(BO), id);
      await transfers.confirm(as(DSO), id);
    },
    rejected: (id) => transfers.reject(as(BO), id),
    cancelled: (id) => transfers.cancel(as(ANNA), id),
    expired: async () => clock.advance(601),
    failed: async (id) => {
      rig.refusesWith = 'KEY_NOT_AUTHORIZED';
      await transfers.accept(as(BO), id);
      rig.refusesWith = undefined;
    },
  };

  describe.each([
    ['offered', { accept: 'moved', reject: 'rejected', cancel: 'cancelled', confirm: 'TRANSFER_STATE' }],
    ['accepted', { accept: 'moved', reject: 'TRANSFER_STATE', cancel: 'TRANSFER_STATE', confirm: 'TRANSFER_STATE' }],
    ['moved', { accept: 'TRANSFER_STATE', reject: 'TRANSFER_STATE', cancel: 'TRANSFER_STATE', confirm: 'confirmed' }],
    ['confirmed', { accept: 'TRANSFER_STATE', reject: 'TRANSFER_STATE', cancel: 'TRANSFER_STATE', confirm: 'confirmed' }],
    ['rejected', { accept: 'TRANSFER_STATE', reject: 'rejected', cancel: 'TRANSFER_STATE', confirm: 'TRANSFER_STATE' }],
    ['cancelled', { accept: 'TRANSFER_STATE', reject: 'TRANSFER_STATE', cancel: 'cancelled', confirm: 'TRANSFER_STATE' }],
    ['expired', { accept: 'OFFER_EXPIRED', reject: 'OFFER_EXPIRED', cancel: 'OFFER_EXPIRED', confirm: 'TRANSFER_STATE' }],
    ['failed', { accept: 'TRANSFER_STATE', reject: 'TRANSFER_STATE', cancel: 'TRANSFER_STATE', confirm: 'failed' }],
  ] as const)('that is %s', (state, ends) => {
    it.each(Object.entries(ends) as readonly (readonly ['accept' | 'reject' | 'cancel' | 'confirm', string])[])(
      'answers %s with %s',
      async (verb, expected) => {
        const { transferId } = await offer();
        await INTO[state]?.(transferId);
        const by = { accept: BO, reject: BO, cancel: ANNA, confirm: DSO }[verb];
        const outcome = await transfers[verb](as(by), transferId);
        expect(outcome.ok ? outcome.value.state : outcome.refusal.code).toBe(expected);
      },
    );
  });

  it('is suspended before the registry is told, handed over after it knows, and each log names its own operator', async () => {
    const { transferId } = await offer();
    assertOk(await transfers.accept(as(BO), transferId));
    expect(rig.done.filter((name) => !name.startsWith('write') && !name.startsWith('log'))).toEqual([
      'suspend',
      'registry',
      'keep',
      'hand over',
    ]);
    assertOk(await transfers.confirm(as(DSO), transferId));
    expect(rig.log.map(({ tenant, record }) => [tenant, record.action, record.actor])).toEqual([
      [ANNA, 'did.transfer.offer', 'anna operator'],
      [BO, 'did.transfer.accept', 'bo operator'],
      [BO, 'did.transfer.moved', 'bo operator'],
      [DSO, 'did.transfer.confirm', 'dso operator'],
    ]);
    expect(assertOk(await transfers.read(BO, transferId))).toMatchObject({
      state: 'confirmed',
      witness: DSO,
      applicationId: 'application',
    });
    expect(await parts.dids.readDid(ANNA, did)).toBeUndefined();
    expect(await parts.dids.readDid(BO, did)).toBeDefined();
  });

  it('goes in one step only while no credential of it stands', async () => {
    expect(codeOf(await transfers.checkFree(did))).toBe('CONFLICT');
    rig.confirmer = '';
    expect(codeOf(await transfers.checkFree(did))).toBe('ok');
  });

  it("is nobody's to confirm where nobody commissioned it, least of all the new owner's", async () => {
    rig.confirmer = '';
    const { transferId } = await offer();
    expect(codeOf(await transfers.confirm(as(BO), transferId))).toBe('POLICY_DENIED');
    expect(assertOk(await transfers.accept(as(BO), transferId)).state).toBe('confirmed');
  });

  describe('is refused', () => {
    it.each([
      ['accept', ANNA, 'NOT_OFFEREE'],
      ['accept', DSO, 'NOT_OFFEREE'],
      ['reject', ANNA, 'NOT_OFFEREE'],
      ['cancel', BO, 'DEVICE_NOT_OWNED'],
      ['confirm', ANNA, 'POLICY_DENIED'],
      ['confirm', BO, 'POLICY_DENIED'],
      ['accept', EVE, 'NOT_FOUND'],
      ['confirm', EVE, 'NOT_FOUND'],
    ] as const)('%s by %s: %s', async (verb, by, code) => {
      const { transferId } = await offer();
      expect(codeOf(await transfers[verb](as(by), transferId))).toBe(code);
      expect(await stateOf(transferId)).toBe('offered');
    });

    it('when it is offered by others, twice, to oneself, unconfirmed, deactivated, revoked or not for any time', async () => {
      const again = (by = ANNA, more = {}) => transfers.offer(as(by), { did, ...toBo, lifeSeconds: 600, ...more }).then(codeOf);
      expect(await again(EVE)).toBe('DEVICE_NOT_OWNED');
      expect(await again(ANNA, { toTenant: ANNA })).toBe('REQUEST_MALFORMED');
      expect(await again(ANNA, { lifeSeconds: 0 })).toBe('REQUEST_MALFORMED');
      rig.refusesWith = 'DEVICE_REVOKED';
      expect(await again()).toBe('DEVICE_REVOKED');
      rig.refusesWith = undefined;
      owners.set(rig.identityOf(did), `0x${'11'.repeat(20)}`);
      expect(await again()).toBe('DEVICE_NOT_OWNED');
      owners.delete(rig.identityOf(did));
      const { transferId } = await offer();
      expect(await again()).toBe('ALREADY_OFFERED');
      await INTO['accepted']?.(transferId);
      expect(await again()).toBe('ALREADY_OFFERED');
      assertOk(await transfers.accept(as(BO), transferId));
      expect(await again(BO, { toTenant: ANNA, toDid: 'did:web:anna.example' })).toBe('DEVICE_UNCONFIRMED');
      resolver.refuseDid(did, 'DID_DEACTIVATED');
      expect(await again(BO, { toTenant: ANNA, toDid: 'did:web:anna.example' })).toBe('DID_DEACTIVATED');
    });

    it('when it was changed or revoked after it was offered', async () => {
      const { transferId, owner } = await offer();
      rig.refusesWith = 'DEVICE_REVOKED';
      expect(codeOf(await transfers.accept(as(BO), transferId))).toBe('DEVICE_REVOKED');
      rig.refusesWith = undefined;
      nonces.set(owner, 1);
      expect(codeOf(await transfers.accept(as(BO), transferId))).toBe('OFFER_OUTDATED');
      expect(await stateOf(transferId)).toBe('offered');
      assertOk(await transfers.cancel(as(ANNA), transferId));
      assertOk(await transfers.accept(as(BO), (await offer()).transferId));
    });
  });

  describe('that is cut off', () => {
    it.each(
      ['suspend', 'registry', 'keep', 'hand over', 'log moved', 'write moved'].flatMap((at) =>
        (['before', 'after'] as const).map((when) => [when, at] as const),
      ),
    )('%s "%s" is finished by recovery, once', async (when, at) => {
      const { transferId } = await offer();
      rig.breaks = { at, when };
      await expect(transfers.accept(as(BO), transferId)).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
      const cutOff = await stateOf(transferId);
      expect(cutOff).toBe(at === 'write moved' && when === 'after' ? 'moved' : 'accepted');
      const recovered = await transfers.recover(REQUEST);
      expect(recovered).toEqual({ finished: cutOff === 'accepted' ? 1 : 0, unfinished: [] });
      expect(await stateOf(transferId)).toBe('moved');
      // The registry is told once, and the old owner's log says who offered, whoever finishes it.
      expect(rig.done.filter((name) => name === 'registry').length).toBeLessThanOrEqual(1);
      expect((await parts.dids.readDid(BO, did))?.controllerKeyId).toBe(assertOk(await transfers.read(BO, transferId)).newKeyId);
      expect(await transfers.recover(REQUEST)).toEqual({ finished: 0, unfinished: [] });
    });

    it('holds up no other, whatever is wrong with it', async () => {
      const first = await offer();
      await INTO['accepted']?.(first.transferId);
      await store.db.updateTable('did_transfer').set({ did: 'did:ethr:0x1:0x00' }).where('transfer_id', '=', first.transferId).execute();
      const key = await parts.vault.keysOf(ANNA, 'owning').createKey('ES256K');
      const other = toDidEthr(key.publicJwk, CHAIN.chainId);
      rig.identities.set(other, accountOf(key.publicJwk));
      resolver.publishKey(other, `${other}#controllerKey` as DidUrl, key.publicJwk);
      assertOk(
        await createDidRepository(store).saveDid({
          ...(await parts.dids.readDid(ANNA, did))!,
          did: other,
          keyNamespace: 'owning',
          controllerKeyId: key.keyId,
          keyIds: [key.keyId],
        }),
      );
      const second = assertOk(await transfers.offer(as(ANNA), { did: other, ...toBo, lifeSeconds: 600 }));
      await INTO['accepted']?.(second.transferId);
      expect(await transfers.recover(REQUEST)).toEqual({
        finished: 1,
        unfinished: [{ transferId: first.transferId, code: 'DID_METHOD_UNSUPPORTED' }],
      });
      expect(await stateOf(second.transferId)).toBe('moved');
    });
  });

  describe('whose registry says no', () => {
    it('for good: fails, and what was suspended stands again while the old owner is the owner', async () => {
      const { transferId } = await offer();
      rig.refusesWith = 'NOT_FOUND';
      expect(assertOk(await transfers.accept(as(BO), transferId))).toMatchObject({ state: 'failed', reason: 'NOT_FOUND' });
      expect(rig.done).toContain('restore');
      expect(rig.done).not.toContain('hand over');
      rig.refusesWith = undefined;
      assertOk(await transfers.accept(as(BO), (await offer()).transferId));
    });

    it('and names a third: fails, and stays suspended until whoever commissioned it looked', async () => {
      const { transferId } = await offer();
      await INTO['accepted']?.(transferId);
      owners.set(rig.identityOf(did), NONE);
      rig.refusesWith = 'KEY_NOT_AUTHORIZED';
      expect(await transfers.recover(REQUEST)).toEqual({ finished: 1, unfinished: [] });
      expect(await stateOf(transferId)).toBe('failed');
      expect(rig.done).not.toContain('restore');
      assertOk(await transfers.confirm(as(DSO), transferId));
      expect(rig.done).toContain('confirm');
    });

    it('for now: is tried again', async () => {
      const { transferId } = await offer();
      rig.refusesWith = 'RATE_LIMITED';
      expect(codeOf(await transfers.accept(as(BO), transferId))).toBe('RATE_LIMITED');
      expect(await transfers.recover(REQUEST)).toEqual({ finished: 0, unfinished: [{ transferId, code: 'RATE_LIMITED' }] });
      rig.refusesWith = undefined;
      expect((await transfers.recover(REQUEST)).finished).toBe(1);
    });
  });

  describe('and whose new owner is elsewhere', () => {
    const key = createSigner(generatePrivateJwk('ES256K'));
    const far = () => offer({ toDid: elsewhere.did });
    const sign = async (transfer: DidTransfer, more: Partial<Parameters<typeof signTransferAnswer>[1]> = {}) =>
      signTransferAnswer(toTransferOffer(transfer, CHAIN), {
        decision: 'accept',
        signer: elsewhere,
        ownerKey: key,
        at: clock.now(),
        ...more,
      });
    const tell = async (transfer: DidTransfer, answer: Awaited<ReturnType<typeof sign>>) => {
      const outcome = await transfers.answer(ANNA, transfer.transferId, answer, REQUEST);
      return outcome.ok ? outcome.value.state : outcome.refusal.code;
    };

    it('is taken by a signed answer, which finds how far it came when it is given again', async () => {
      const transfer = await far();
      rig.breaks = { at: 'registry', when: 'before' };
      await expect(tell(transfer, await sign(transfer))).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
      expect(await tell(transfer, await sign(transfer))).toBe('moved');
      clock.advance(10_000);
      expect(await tell(transfer, await sign(transfer))).toBe('moved');
      expect(owners.get(rig.identityOf(did))).toBe(accountOf(key.publicJwk));
      expect(await parts.dids.readDid(ANNA, did)).toBeUndefined();
      expect(rig.log.map(({ tenant, record }) => [tenant, record.action, record.actor]).at(-1)).toEqual([
        ANNA,
        'did.transfer.moved',
        elsewhere.did,
      ]);
      expect(codeOf(await transfers.accept(as(BO), transfer.transferId))).toBe('NOT_FOUND');
    });

    it('is turned down by one', async () => {
      const transfer = await far();
      const { statement } = await sign(transfer, { decision: 'reject' });
      expect(await tell(transfer, { statement })).toBe('rejected');
      expect(await tell(transfer, { statement })).toBe('rejected');
      expect(await tell(transfer, await sign(transfer))).toBe('TRANSFER_STATE');
    });

    it.each<readonly [string, string, (transfer: DidTransfer) => Promise<{ statement: string; possession?: string }>]>([
      ['another DID', 'NOT_OFFEREE', (transfer) => sign(transfer, { signer: createParty('eve') })],
      [
        "another's key under the right name",
        'PROOF_INVALID',
        (transfer) => sign(transfer, { signer: { ...createSigner(generatePrivateJwk('ES256')), did: elsewhere.did, kid: elsewhere.kid } }),
      ],
      [
        'a key the DID does not list',
        'KEY_NOT_AUTHORIZED',
        (transfer) => sign(transfer, { signer: { ...elsewhere, kid: `${elsewhere.did}#1` as DidUrl } }),
      ],
      ['another offer', 'PROOF_INVALID', (transfer) => sign({ ...transfer, transferId: 'A'.repeat(22) })],
      ['another device', 'PROOF_INVALID', (transfer) => sign({ ...transfer, did: 'did:web:other.example' as Did })],
      ['another state of the registry', 'PROOF_INVALID', (transfer) => sign({ ...transfer, nonce: transfer.nonce + 1 })],
      ['an answer that is old', 'EXPIRED', (transfer) => sign(transfer, { at: (clock.now() - 700) as never })],
      ['an answer of the future', 'NOT_YET_VALID', (transfer) => sign(transfer, { at: (clock.now() + 300) as never })],
      ['no proof of the owning key', 'PRESENTATION_MALFORMED', async (transfer) => ({ statement: (await sign(transfer)).statement })],
      [
        "the proof of another's owning key",
        'PROOF_INVALID',
        async (transfer) => ({
          statement: (await sign(transfer)).statement,
          possession: (await sign(transfer, { ownerKey: createSigner(generatePrivateJwk('ES256K')) })).possession ?? '',
        }),
      ],
      [
        'a proof over another answer',
        'PROOF_INVALID',
        async (transfer) => ({
          statement: (await sign(transfer)).statement,
          possession: (await sign(transfer, { at: (clock.now() - 1) as never })).possession ?? '',
        }),
      ],
      [
        'an owning key of another curve',
        'ALGORITHM_NOT_ALLOWED',
        (transfer) => sign(transfer, { ownerKey: createSigner(generatePrivateJwk('ES256')) }),
      ],
      ['nonsense', 'PRESENTATION_MALFORMED', async () => ({ statement: 'a.b' })],
    ])('is not taken by %s: %s', async (_what, code, make) => {
      const transfer = await far();
      expect(await tell(transfer, await make(transfer))).toBe(code);
      expect(await stateOf(transfer.transferId)).toBe('offered');
    });

    it('is answered by a statement only where it was offered elsewhere, only at its own tenant, and only in time', async () => {
      const near = await offer();
      expect(await tell(near, await sign(near))).toBe('NOT_FOUND');
      expect(codeOf(await transfers.showOffer(ANNA, near.transferId))).toBe('NOT_FOUND');
      assertOk(await transfers.cancel(as(ANNA), near.transferId));
      const transfer = await far();
      expect(codeOf(await transfers.answer(BO, transfer.transferId, await sign(transfer), REQUEST))).toBe('NOT_FOUND');
      clock.advance(601);
      expect(await tell(transfer, await sign(transfer))).toBe('OFFER_EXPIRED');
    });

    describe('and answers by its own program', () => {
      const URL_OF_OFFER = 'https://offers.example/t/anna/transfers/x';
      const answersOf = (transfer: DidTransfer, shown: object = {}) =>
        createOfferAnswers({ ...parts, fetch: wireTo(transfers, transfer.transferId, shown) });

      it('holds the DID once the registry says so, with the same key however often it asks', async () => {
        const transfer = await far();
        rig.breaks = { at: 'registry', when: 'before' };
        const answers = answersOf(transfer);
        await expect(answers.answer(as(EVE), elsewhere, URL_OF_OFFER, 'accept')).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
        expect(await parts.dids.readDid(EVE, did)).toBeUndefined();
        const answered = assertOk(await answers.answer(as(EVE), elsewhere, URL_OF_OFFER, 'accept'));
        expect(answered).toMatchObject({ state: 'moved', owned: true, ownershipOffer: 'openid-credential-offer://x' });
        expect(assertOk(await answers.answer(as(EVE), elsewhere, URL_OF_OFFER, 'accept')).owned).toBe(true);
        const stored = await parts.dids.readDid(EVE, did);
        expect(accountOf(await parts.vault.keysOf(EVE, 'owning').publicJwk(stored?.controllerKeyId ?? ''))).toBe(
          owners.get(rig.identityOf(did)),
        );
        expect((await parts.vault.keysOf(EVE, 'owning').listKeys()).filter(({ label }) => label.includes(did))).toHaveLength(1);
      });

      it.each([
        ['NOT_OFFEREE', { to: 'did:web:somebody.example' }],
        ['CHAIN_MISMATCH', { registry: `0x${'cd'.repeat(20)}` }],
        ['DID_METHOD_UNSUPPORTED', { did: 'did:web:battery.example' }],
        ['OFFER_OUTDATED', { owner: `0x${'cd'.repeat(20)}` }],
        ['OFFER_OUTDATED', { nonce: 7 }],
        ['OFFER_EXPIRED', { expiresAt: 1 }],
        ['REQUEST_MALFORMED', { transferId: '' }],
        ['PROOF_INVALID', { transferId: 'B'.repeat(22) }],
      ])('signs nothing that is not so: %s', async (code, shown) => {
        const transfer = await far();
        expect(codeOf(await answersOf(transfer, shown).answer(as(EVE), elsewhere, URL_OF_OFFER, 'accept'))).toBe(code);
        expect(await stateOf(transfer.transferId)).toBe('offered');
      });

      it('turns it down', async () => {
        const transfer = await far();
        expect(assertOk(await answersOf(transfer).answer(as(EVE), elsewhere, URL_OF_OFFER, 'reject'))).toMatchObject({
          state: 'rejected',
          owned: false,
        });
      });
    });
  });
});
