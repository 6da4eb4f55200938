import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Fault, ok, tenantId } from '@gridpass/core';
import type { DidResolverPort, FaultCode, JsonValue } from '@gridpass/core';
import { createWalletRepository } from '@gridpass/store';
import { CLAIMS } from '@gridpass/testkit';
import type { FetchPort } from '@gridpass/core';
import type { Holder } from '../index.js';
import { deskOffering, openDesk } from './desk.js';
import type { Desk, OpenDesk } from './desk.js';
import { startRig } from './wallet-rig.js';
import type { Rig } from './wallet-rig.js';

describe('a wallet that applies', () => {
  let rig: Rig;
  let desk: Desk;
  let counter: OpenDesk;
  const wish = () => ({ issuer: rig.issuer.credentialIssuer, type: 'CustomerStatus', claims: CLAIMS.CustomerStatus }) as const;
  const open = async (name: string): Promise<Holder> => (await rig.wallet(name, { fetch: counter.fetch })).holder;
  const newDesk = (): Desk => deskOffering(() => rig.offer('CustomerStatus_dc_sd_jwt'));

  beforeAll(async () => {
    rig = await startRig();
    counter = await openDesk(rig.issuer.credentialIssuer, () => desk);
  });
  afterAll(async () => {
    await counter.close();
    await rig.stop();
  });

  it('keeps what it applied for, and receives it by itself once it is ready, for the face that applied', async () => {
    desk = newDesk();
    const holder = await open('anna');
    const applied = await holder.apply(wish());
    expect(applied).toMatchObject({ ok: true, value: { state: 'pending', applicationId: 'a1', problem: '' } });
    expect(desk.submitted).toEqual({ type: 'CustomerStatus', claims: CLAIMS.CustomerStatus });
    expect(await holder.refreshApplications()).toBe(0);
    desk.state = 'approved';
    desk.reason = 'known to us';
    expect(await holder.refreshApplications()).toBe(1);
    const [application] = await holder.applications();
    expect(application).toMatchObject({ state: 'issued', reason: 'known to us', receivedAt: expect.any(Number), problem: '' });
    const held = await holder.credentials();
    expect(held.map(({ type, relationId }) => [type, relationId])).toEqual([['CustomerStatus', application!.relationId]]);
    expect(desk.keys.size).toBe(1);
    // What is over is asked for no more.
    expect([await holder.refreshApplications(), desk.offers]).toEqual([0, 1]);
  });

  it('receives what an operator renewed, once, by itself, and asks once an hour at most', async () => {
    desk = newDesk();
    const holder = await open('ruth');
    await holder.apply(wish());
    desk.state = 'approved';
    expect(await holder.refreshApplications()).toBe(1);
    desk.renewedBy = '../another';
    rig.issuer.clock.advance(3_600);
    expect(await holder.refreshApplications()).toBe(0);
    desk.renewedBy = 'a2';
    rig.issuer.clock.advance(3_599);
    expect(await holder.refreshApplications()).toBe(0);
    rig.issuer.clock.advance(1);
    expect(await holder.refreshApplications()).toBe(1);
    expect((await holder.applications()).map(({ applicationId, state }) => [applicationId, state]).sort()).toEqual([
      ['a1', 'issued'],
      ['a2', 'issued'],
    ]);
    expect(await holder.credentials()).toHaveLength(2);
    rig.issuer.clock.advance(3_600);
    expect([await holder.refreshApplications(), desk.offers]).toEqual([0, 2]);
  });

  it('keeps one renewal of what it received, whatever names an issuer gives at each ask', async () => {
    desk = newDesk();
    const holder = await open('rolf');
    await holder.apply(wish());
    desk.state = 'approved';
    await holder.refreshApplications();
    const rows = async () => (await holder.applications()).map(({ applicationId, state }) => `${applicationId} ${state}`).sort();
    const round = async (name: string, state: string) => {
      [desk.renewedBy, desk.state] = [name, state];
      rig.issuer.clock.advance(3_600);
      await holder.refreshApplications();
      return rows();
    };
    expect(await round('n1', 'pending')).toEqual(['a1 issued', 'n1 pending']);
    // It waits: the first is asked about no more.
    expect(await round('n2', 'pending')).toEqual(['a1 issued', 'n1 pending']);
    // It is turned down: another may take its place.
    expect(await round('n3', 'rejected')).toEqual(['a1 issued', 'n3 rejected']);
    expect(await round('n4', 'approved')).toEqual(['a1 issued', 'n4 issued']);
    // It was received: from here on it alone is asked about.
    expect(await round('n5', 'pending')).toEqual(['a1 issued', 'n4 issued', 'n5 pending']);
    expect(await round('n6', 'pending')).toEqual(['a1 issued', 'n4 issued', 'n5 pending']);
  });

  it('waits with what is renewed while the issuer does not answer, and calls it once in a round', async () => {
    desk = newDesk();
    let calls = 0;
    const fetch: FetchPort = {
      ...counter.fetch,
      fetchDocument: (url, options) => {
        calls += 1;
        return counter.fetch.fetchDocument(url, options);
      },
    };
    const { holder } = await rig.wallet('sven', { fetch });
    await holder.apply(wish());
    desk.name = 'b1';
    await holder.apply(wish());
    desk.state = 'approved';
    await holder.refreshApplications();
    rig.issuer.clock.advance(3_600);
    [desk.down, desk.renewedBy, calls] = [true, 'a2', 0];
    expect([await holder.refreshApplications(), calls]).toEqual([0, 1]);
    expect(await holder.applications()).toMatchObject([
      { state: 'issued', problem: '' },
      { state: 'issued', problem: '' },
    ]);
    desk.down = false;
    expect(await holder.refreshApplications()).toBe(1);
    desk.name = 'c1';
    desk.state = 'pending';
    await holder.apply(wish());
    rig.issuer.clock.advance(3_600);
    [desk.down, calls] = [true, 0];
    // What waits was asked about already: what was received is not, where nobody answers.
    expect([await holder.refreshApplications(), calls]).toEqual([1, 1]);
  });

  it('takes the same application once, forgets it when told, and takes all away when it leaves', async () => {
    desk = newDesk();
    const holder = await open('bert');
    const [one, two] = [await holder.apply(wish()), await holder.apply(wish())];
    expect(one.ok && two.ok && one.value.id === two.value.id).toBe(true);
    const id = one.ok ? one.value.id : '';
    expect([await holder.removeApplication(id), await holder.removeApplication(id)]).toEqual([true, false]);
    await holder.apply(wish());
    await holder.leave();
    expect(await holder.applications()).toEqual([]);
  });

  it('tells what went wrong, goes on with the others, and tries again', async () => {
    desk = newDesk();
    const holder = await open('carl');
    await holder.apply(wish());
    desk.down = true;
    expect(await holder.refreshApplications()).toBe(1);
    expect(await holder.applications()).toMatchObject([
      { state: 'pending', problem: 'REMOTE_UNAVAILABLE', because: 'wait: the issuer does not answer, and is asked again' },
    ]);
    desk.down = false;
    desk.state = 'rejected';
    desk.reason = 'unknown here';
    expect(await holder.refreshApplications()).toBe(1);
    const [rejected] = await holder.applications();
    expect(rejected).toMatchObject({ state: 'rejected', reason: 'unknown here', problem: '' });
    expect(rejected).not.toHaveProperty('because');
  });

  it('takes no offer of another issuer, and nothing of another type', async () => {
    desk = newDesk();
    const holder = await open('dora');
    await holder.apply(wish());
    desk.state = 'approved';
    const offer = { credential_issuer: 'https://other.example', credential_configuration_ids: ['CustomerStatus_dc_sd_jwt'], grants: {} };
    desk.offer = async () => `openid-credential-offer://?credential_offer=${encodeURIComponent(JSON.stringify(offer))}`;
    await holder.refreshApplications();
    expect(await holder.applications()).toMatchObject([
      { state: 'approved', problem: 'REQUEST_MALFORMED', because: 'offer: of another issuer than was asked' },
    ]);
    desk.offer = () => rig.offer('MeteringPointEntitlement_dc_sd_jwt');
    await holder.refreshApplications();
    expect(await holder.applications()).toMatchObject([
      {
        problem: 'CREDENTIAL_CONFIGURATION_UNKNOWN',
        because: 'offer: nothing in it that this wallet reads; ask the issuer for a credential that this wallet reads',
      },
    ]);
    expect(await holder.credentials()).toEqual([]);
  });

  it('shows evidence of the face that applies, chosen by its id, and nothing that it does not hold', async () => {
    desk = newDesk();
    const holder = await open('emil');
    const received = await holder.receiveOffer(await rig.offer('MeteringPointEntitlement_dc_sd_jwt'));
    const [one, two] = received.ok ? received.value : [];
    const refusals = async (evidence: readonly string[]): Promise<JsonValue> => {
      const applied = await holder.apply({ ...wish(), evidence });
      return applied.ok ? 'ok' : applied.refusal.code;
    };
    expect(await refusals(['none'])).toBe('NOT_FOUND');
    expect(await refusals([one!.credentialId, two!.credentialId])).toBe('HOLDER_MISMATCH');
    expect(desk.submitted).toBeUndefined();
    expect(await refusals([two!.credentialId])).toBe('ok');
    expect(desk.submitted).toMatchObject({ evidence: [two!.compact] });
    expect((await holder.applications())[0]!.relationId).toBe(two!.relationId);
  });

  it('writes down what an issuer was shown as evidence, as of any other verifier', async () => {
    desk = newDesk();
    const holder = await open('emma');
    const received = await holder.receiveOffer(await rig.offer('MeteringPointEntitlement_dc_sd_jwt'));
    const [one] = received.ok ? received.value : [];
    await holder.apply(wish());
    expect(await holder.disclosures()).toEqual([]);
    await holder.apply({ ...wish(), evidence: [one!.credentialId] });
    expect(await holder.disclosures()).toMatchObject([
      {
        verifier: rig.issuer.credentialIssuer,
        relationId: one!.relationId,
        answer: 'accepted',
        shown: [{ type: 'MeteringPointEntitlement', digest: one!.digest, claims: Object.keys(CLAIMS.MeteringPointEntitlement).sort() }],
      },
    ]);
    desk.down = true;
    await expect(holder.apply({ ...wish(), evidence: [one!.credentialId] })).rejects.toThrow('503');
    expect((await holder.disclosures()).map(({ answer }) => answer).sort()).toEqual(['accepted', 'sent']);
  });

  it('proves later what it cannot prove now, without a second offer, and lets the others go on', async () => {
    desk = newDesk();
    let fault: FaultCode | undefined = 'RESOLVER_UNAVAILABLE';
    const resolver: DidResolverPort = {
      resolveDid: async (did, options) => {
        if (fault !== undefined) throw new Fault(fault, 'the host does not answer');
        return rig.issuer.resolver.resolveDid(did, { ...options, fresh: true });
      },
    };
    const { holder } = await rig.wallet('ines', { fetch: counter.fetch, resolver });
    await holder.apply(wish());
    desk.name = 'a2';
    await holder.apply(wish());
    desk.state = 'approved';
    await holder.refreshApplications();
    await holder.refreshApplications();
    expect(await holder.applications()).toMatchObject([{ problem: 'RESOLVER_UNAVAILABLE' }, { problem: 'RESOLVER_UNAVAILABLE' }]);
    expect([desk.offers, await holder.credentials()]).toEqual([2, []]);
    // A program that is started again finds what it had received.
    const again = (await rig.wallet('ines', { fetch: counter.fetch, resolver })).holder;
    fault = 'STORE_UNAVAILABLE';
    await expect(again.refreshApplications()).rejects.toThrow('does not answer');
    fault = undefined;
    rig.issuer.clock.advance(121);
    expect(await again.refreshApplications()).toBe(2);
    expect(await again.applications()).toMatchObject([
      { state: 'issued', problem: '' },
      { state: 'issued', problem: '' },
    ]);
    expect((await again.applications()).every((one) => one.unproven === undefined)).toBe(true);
    expect([desk.offers, (await again.credentials()).length]).toEqual([2, 2]);
  });

  it('keeps what it received where the store fails before it is proven', async () => {
    desk = newDesk();
    let down = true;
    const resolver: DidResolverPort = {
      resolveDid: async (did, options) => {
        if (down) throw new Fault('STORE_UNAVAILABLE', 'the store does not answer');
        return rig.issuer.resolver.resolveDid(did, { ...options, fresh: true });
      },
    };
    const { holder } = await rig.wallet('jana', { fetch: counter.fetch, resolver });
    await holder.apply(wish());
    desk.state = 'approved';
    await expect(holder.refreshApplications()).rejects.toThrow('does not answer');
    down = false;
    // The turn of the round that broke off is over after two minutes.
    rig.issuer.clock.advance(120);
    expect(await holder.refreshApplications()).toBe(0);
    rig.issuer.clock.advance(1);
    expect(await holder.refreshApplications()).toBe(1);
    expect([desk.offers, (await holder.credentials()).length]).toEqual([1, 1]);
  });

  it('lets one at a time receive, over all replicas', async () => {
    desk = newDesk();
    const holder = await open('fred');
    const applied = await holder.apply(wish());
    const id = applied.ok ? applied.value.id : '';
    const repository = createWalletRepository(rig.issuer.store);
    const at = rig.issuer.clock.now();
    const take = (now: number, staleBefore: number) =>
      repository.takeApplicationTurn(tenantId('fred'), { id, at: (at + now) as typeof at, staleBefore: (at + staleBefore) as typeof at });
    expect([await take(0, -120), await take(120, 0), await take(121, 1)]).toMatchObject([{ id }, undefined, { id }]);
  });

  it.each([
    [120, 'goes on with the turn', { slow: 1, quick: 0 }],
    [121, 'leaves it to the one that has it by now', { slow: 0, quick: 1 }],
  ])('who takes %i seconds for a step %s, and one offer is redeemed once', async (seconds, _what, changed) => {
    desk = newDesk();
    let quick: number | undefined;
    const name = `slow-${seconds}`;
    const second = await open(name);
    const slowFetch: FetchPort = {
      ...counter.fetch,
      fetchDocument: async (url, options) => {
        const answer = await counter.fetch.fetchDocument(url, options);
        if (quick !== undefined || !/\/applications\/[^/]+$/u.test(url)) return answer;
        rig.issuer.clock.advance(seconds);
        quick = await second.refreshApplications();
        return answer;
      },
    };
    const { holder } = await rig.wallet(name, { fetch: slowFetch });
    await holder.apply(wish());
    desk.state = 'approved';
    expect({ slow: await holder.refreshApplications(), quick }).toEqual(changed);
    expect(await holder.applications()).toMatchObject([{ state: 'issued', problem: '', receivedAt: expect.any(Number) }]);
    expect([desk.offers, (await holder.credentials()).length]).toEqual([1, 1]);
  });

  it('tells which claim does not fit before anything is sent, by its path and never by its value', async () => {
    desk = newDesk();
    let asked = 0;
    const fetch: FetchPort = {
      ...counter.fetch,
      fetchDocument: (url, options) => {
        asked += 1;
        return counter.fetch.fetchDocument(url, options);
      },
    };
    const { holder } = await rig.wallet('ida', { fetch });
    const { active: _active, ...without } = CLAIMS.CustomerStatus;
    const refusalOf = async (claims: JsonValue, type: string = 'CustomerStatus'): Promise<JsonValue> => {
      const applied = await holder.apply({ ...wish(), type: type as 'CustomerStatus', claims });
      return applied.ok ? 'ok' : [applied.refusal.code, applied.refusal.detail];
    };
    expect(await refusalOf({ ...CLAIMS.CustomerStatus, active: 'perhaps-so' })).toEqual(['SCHEMA_VIOLATION', 'claims/active: type']);
    expect(await refusalOf(without)).toEqual(['SCHEMA_VIOLATION', 'claims: required active']);
    expect(await refusalOf('none')).toEqual(['SCHEMA_VIOLATION', 'claims: not an object']);
    expect([asked, desk.submitted, await holder.applications()]).toEqual([0, undefined, []]);
    expect(await refusalOf(CLAIMS.CustomerStatus)).toBe('ok');
    // What the catalogue does not have, the issuer judges.
    expect(await refusalOf({ any: 'thing' }, 'LibraryCard')).toBe('ok');
    expect(desk.submitted).toMatchObject({ type: 'LibraryCard', claims: { any: 'thing' } });
  });

  it('refuses an issuer that takes no applications, or that would have them sent elsewhere', async () => {
    desk = newDesk();
    const plain = (await rig.wallet('gabi')).holder;
    expect(await plain.apply(wish())).toMatchObject({ ok: false, refusal: { code: 'REQUEST_MALFORMED' } });
    const elsewhere: FetchPort = {
      loopbackHttp: true,
      fetchDocument: async (url, options) => {
        const answer = await counter.fetch.fetchDocument(url, options);
        if (!answer.ok) return answer;
        const text = Buffer.from(answer.value.bytes).toString();
        return ok({
          ...answer.value,
          bytes: Buffer.from(text.replace(/http:[^"]*\/applications/u, 'https://elsewhere.example/applications')),
        });
      },
    };
    const { holder } = await rig.wallet('hans', { fetch: elsewhere });
    expect(await holder.apply(wish())).toMatchObject({ ok: false, refusal: { code: 'REQUEST_MALFORMED' } });
  });
});
