import { describe, expect, it } from '@jest/globals';
import { assertOk, instant } from '@gridpass/core';
import type { DisclosureNeeds, Received } from '@gridpass/core';
import { NOON } from '@gridpass/testkit';
import { Trusted } from '../index.js';
import { HOUSE_NEEDS, ROLE_NEEDS, createPaperSociety, expecting, houseAnswer, verifierFor } from './fixtures.js';

const textIn = ({ bytes }: { readonly bytes: Uint8Array }): string => new TextDecoder().decode(bytes);

describe('verify', () => {
  it('turns a household presentation into facts, evidence and an end', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    const outcome = await verifierFor(society).verify(await houseAnswer(society), expecting(HOUSE_NEEDS));
    const trusted = assertOk(outcome);
    expect(Trusted.is(trusted)).toBe(true);
    expect(trusted).toMatchObject({
      holderDid: society.house.did,
      holderKey: society.house.publicJwk,
      at: NOON,
      requestId: 'request-1',
      goodUntil: instant(NOON + 20 * 86_400),
    });
    expect(trusted.facts).toEqual(
      expect.arrayContaining([
        { kind: 'value', path: 'CustomerStatus.active', value: true },
        { kind: 'value', path: 'CustomerStatus.issuer', value: society.supplier.did },
        { kind: 'value', path: 'MeteringPointEntitlement.exportLimitW', value: 9_000 },
        { kind: 'value', path: 'DeviceCommissioning.subject', value: society.meter.did },
      ]),
    );
    expect(trusted.facts.map(({ path }) => path)).not.toContain('CustomerStatus.installedCapacityBand');
    expect(trusted.credentials.map(({ digest }) => digest)).toEqual([
      society.customer.digest,
      society.commissioning.digest,
      society.entitlement.digest,
    ]);
    // Three presented credentials, two roles, one accreditation.
    expect(trusted.statusReferences).toHaveLength(6);
    expect(JSON.stringify(trusted.evidence)).not.toContain(society.house.did);
  });

  it('turns an organisation presentation into facts', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    const trusted = assertOk(
      await verifierFor(society).verify(
        await society.present(society.dso, [society.dsoRole.compact]),
        expecting([[{ type: 'SystemOperatorRole', claims: ['party', 'roleCode'] }]]),
      ),
    );
    expect(trusted).toMatchObject({ holderDid: society.dso.did, holderKey: society.dso.publicJwk });
    expect(trusted.facts).toContainEqual({ kind: 'value', path: 'SystemOperatorRole.party.scheme', value: 'eic' });
  });

  it('makes no fact of what was not asked for, whether it is disclosed beyond the query or always shown', async () => {
    const society = await createPaperSociety();
    const pathsOf = async (received: Promise<Received>, needs: DisclosureNeeds): Promise<readonly string[]> => {
      await society.challenge();
      return assertOk(await verifierFor(society).verify(await received, expecting(needs))).facts.map(({ path }) => path);
    };
    const disclose = ['active', 'biddingZoneEic'];
    const asked: DisclosureNeeds = [[{ type: 'CustomerStatus', claims: ['active'] }]];
    const envelope = ['CustomerStatus.issuer', 'CustomerStatus.subject'];
    expect(await pathsOf(society.answer([{ compact: society.customer.compact, disclose }]), asked)).toEqual([
      'CustomerStatus.active',
      ...envelope,
    ]);
    // Of an object only the member that was asked for.
    const member: DisclosureNeeds = [[{ type: 'SystemOperatorRole', claims: ['party.scheme'] }]];
    expect(await pathsOf(society.present(society.dso, [society.dsoRole.compact]), member)).toEqual([
      'SystemOperatorRole.party.scheme',
      'SystemOperatorRole.issuer',
      'SystemOperatorRole.subject',
    ]);
    expect(await pathsOf(society.present(society.dso, [society.dsoRole.compact]), ROLE_NEEDS)).toEqual([
      'SystemOperatorRole.roleCode',
      'SystemOperatorRole.issuer',
      'SystemOperatorRole.subject',
    ]);
  });

  it('holds each answer against the query whose id it stands under', async () => {
    const society = await createPaperSociety();
    // Of the two for one type the second asks for less.
    const needs: DisclosureNeeds = [
      [{ type: 'CustomerStatus', claims: ['active', 'biddingZoneEic'] }],
      [{ type: 'CustomerStatus', claims: ['active'] }],
    ];
    const codeOf = async (id: string, disclose: readonly string[]): Promise<string> => {
      await society.challenge();
      const answer = await society.answer([{ compact: society.customer.compact, disclose, id }]);
      return (await verifierFor(society).verify(answer, expecting(needs))).refusal?.code ?? 'ok';
    };
    expect(await codeOf('CustomerStatus_2', ['active'])).toBe('ok');
    expect(await codeOf('CustomerStatus', ['active'])).toBe('QUERY_NOT_MET');
    expect(await codeOf('CustomerStatus', ['active', 'biddingZoneEic'])).toBe('ok');
    for (const unknown of ['CustomerStatus_3', 'customerstatus', 'DeviceCommissioning', ''])
      expect(await codeOf(unknown, ['active', 'biddingZoneEic'])).toBe('QUERY_NOT_MET');
  });

  it('accepts a presentation once', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    const verifier = verifierFor(society);
    const answer = await houseAnswer(society);
    const both = await Promise.all([verifier.verify(answer, expecting(HOUSE_NEEDS)), verifier.verify(answer, expecting(HOUSE_NEEDS))]);
    expect(both.map(({ ok }) => ok).sort()).toEqual([false, true]);
    expect(both.find(({ ok }) => !ok)?.refusal?.code).toBe('CHALLENGE_UNKNOWN');
  });
});

describe('verifyCredential', () => {
  it('checks one credential without a presentation', async () => {
    const society = await createPaperSociety();
    const verifier = verifierFor(society);
    const verified = assertOk(await verifier.verifyCredential(society.entitlement.compact, NOON));
    expect(verified).toMatchObject({ anchor: society.regulator.did, path: [society.dsoRole.digest, society.accreditation.digest] });
    expect(Trusted.is(verified)).toBe(false);
    expect((await verifier.verifyCredential(society.dsoRole.compact, NOON)).ok).toBe(true);
  });

  it('takes no presentation for a credential: neither an SD-JWT with a key binding nor a vp+jwt', async () => {
    const society = await createPaperSociety();
    const verifier = verifierFor(society);
    const shown = await society.answer([{ compact: society.entitlement.compact, disclose: ['direction'] }]);
    const [[presented = ''] = []] = Object.values(JSON.parse(textIn(shown)) as Record<string, readonly string[]>);
    const codeOf = async (text: string): Promise<string | undefined> => (await verifier.verifyCredential(text, NOON)).refusal?.code;
    expect(await codeOf(presented)).toBe('PRESENTATION_MALFORMED');
    expect(await codeOf(presented.slice(0, presented.lastIndexOf('~') + 1))).toBeUndefined();
    expect(await codeOf(textIn(await society.present(society.dso, [society.dsoRole.compact])))).toBe('PRESENTATION_MALFORMED');
  });
});
