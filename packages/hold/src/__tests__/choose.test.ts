import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instant } from '@gridpass/core';
import type { CredentialType, Digest, HeldCredential, JsonObject } from '@gridpass/core';
import { buildDcqlQuery, parseDcqlQuery } from '@gridpass/exchange';
import { chooseCredentials } from '../index.js';
import type { Candidate } from '../index.js';

const AT = instant(1_780_272_000);

function hold(id: string, type: CredentialType, claims: JsonObject, more: Partial<HeldCredential> = {}): Candidate {
  return {
    payload: { ...claims, vct: `urn:gridpass:${type}:1`, iss: 'did:web:dso.example', cnf: { jwk: { kty: 'EC' } } },
    held: {
      credentialId: id,
      relationId: 'r',
      type,
      format: 'dc+sd-jwt',
      issuer: 'did:web:dso.example' as never,
      digest: id as Digest,
      compact: '',
      validFrom: instant(AT - 10),
      validUntil: instant(AT + 100),
      receivedAt: AT,
      state: 'unknown',
      stateAt: AT,
      ...more,
    },
  };
}

function query(json: JsonObject) {
  const parsed = parseDcqlQuery(json);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.value;
}

const choose = (json: JsonObject, candidates: readonly Candidate[], elsewhere: readonly Candidate[] = []) =>
  chooseCredentials(query(json), { candidates, elsewhere, at: AT });
const one = (claims: JsonObject['claims'][] = [{ path: ['active'] }], more: JsonObject = {}): JsonObject => ({
  credentials: [{ id: 'a', format: 'dc+sd-jwt', meta: { vct_values: ['urn:gridpass:CustomerStatus:1'] }, claims, ...more }],
});
const chosen = (plan: ReturnType<typeof choose>) =>
  plan.kind === 'plan'
    ? plan.choices.map(({ held, disclose }) => [held.credentialId, ...disclose])
    : plan.gaps.map(({ reason, shortfalls }) => [reason, ...shortfalls.map((item) => item.reason)]);

describe('the choice of credentials', () => {
  it('prefers one known to stand, then the one valid longest', () => {
    const claims = { active: true };
    const [short, long, standing] = [
      hold('short', 'CustomerStatus', claims),
      hold('long', 'CustomerStatus', claims, { validUntil: instant(AT + 200) }),
      hold('standing', 'CustomerStatus', claims, { state: 'valid' }),
    ];
    expect(chosen(choose(one(), [short, long]))).toEqual([['long', 'active']]);
    expect(chosen(choose(one(), [short, long, standing]))).toEqual([['standing', 'active']]);
  });

  it.each([
    ['EXPIRED', { validUntil: AT }],
    ['NOT_YET_VALID', { validFrom: instant(AT + 1) }],
    ['REVOKED', { state: 'revoked' }],
    ['SUSPENDED', { state: 'suspended' }],
  ] as const)('never takes one that is %s', (reason, more) => {
    expect(chosen(choose(one(), [hold('x', 'CustomerStatus', { active: true }, more)]))).toEqual([['NONE_SUITABLE', reason]]);
  });

  it('tells a missing claim from another value', () => {
    expect(chosen(choose(one([{ path: ['supplierDid'] }]), [hold('x', 'CustomerStatus', { active: true })]))).toEqual([
      ['NONE_SUITABLE', 'CLAIM_MISSING'],
    ]);
    expect(chosen(choose(one([{ path: ['active'], values: [false] }]), [hold('x', 'CustomerStatus', { active: true })]))).toEqual([
      ['NONE_SUITABLE', 'VALUE_DIFFERS'],
    ]);
    expect(chosen(choose(one([{ path: ['active'], values: [false, true] }]), [hold('x', 'CustomerStatus', { active: true })]))).toEqual([
      ['x', 'active'],
    ]);
  });

  it('opens nothing when only possession is asked for', () => {
    expect(
      chosen(
        choose({ credentials: [{ id: 'a', format: 'dc+sd-jwt', meta: { vct_values: ['urn:gridpass:CustomerStatus:1'] } }] }, [
          hold('x', 'CustomerStatus', { active: true }),
        ]),
      ),
    ).toEqual([['x']]);
  });

  it('takes the first claim set that can be met', () => {
    const claims = [
      { id: 'k', path: ['customerKind'] },
      { id: 'b', path: ['installedCapacityBand'] },
      { id: 'z', path: ['biddingZoneEic'] },
    ];
    const holding = [hold('x', 'CustomerStatus', { customerKind: 'household', biddingZoneEic: 'z' })];
    expect(
      chosen(
        choose(
          one(claims, {
            claim_sets: [
              ['k', 'b'],
              ['k', 'z'],
            ],
          }),
          holding,
        ),
      ),
    ).toEqual([['x', 'biddingZoneEic', 'customerKind']]);
  });

  it('takes the alternative that shows least', () => {
    const needs = buildDcqlQuery([
      [
        { type: 'CustomerStatus', claims: ['active'] },
        { type: 'MeteringPointEntitlement', claims: ['direction'] },
      ],
      [{ type: 'MarketPartyRole', claims: ['roleCodes', 'brpDid'] }],
    ]);
    const household = [hold('c', 'CustomerStatus', { active: true }), hold('m', 'MeteringPointEntitlement', { direction: 'combined' })];
    const trader = hold('t', 'MarketPartyRole', { roleCodes: ['A12'], brpDid: 'did:web:b.example' });
    expect(chosen(choose(needs, household))).toEqual([
      ['c', 'active'],
      ['m', 'direction'],
    ]);
    expect(chosen(choose(needs, [...household, trader]))).toEqual([['t', 'brpDid', 'roleCodes']]);
    expect(chosen(choose(needs, []))).toEqual([['NONE_HELD'], ['NONE_HELD'], ['NONE_HELD']]);
  });

  it('leaves optional sets unanswered', () => {
    const json = buildDcqlQuery([[{ type: 'CustomerStatus', claims: ['active'] }]]);
    expect(
      choose({ ...json, credential_sets: [{ options: [['CustomerStatus']], required: false }] }, [
        hold('x', 'CustomerStatus', { active: true }),
      ]),
    ).toEqual({ kind: 'plan', choices: [] });
  });

  it('answers only what it can judge', () => {
    expect(
      chosen(
        choose(one([{ path: ['active'] }], { trusted_authorities: [{ type: 'aki', values: ['s9tIpPmhxdiuNkHMEWNpYim8S8Y'] }] }), [
          hold('x', 'CustomerStatus', { active: true }),
        ]),
      ),
    ).toEqual([['NOT_ANSWERABLE']]);
    expect(
      chosen(choose({ credentials: [{ id: 'a', format: 'mso_mdoc', meta: { doctype_value: 'org.iso.18013.5.1.mDL' } }] }, [])),
    ).toEqual([['NOT_ANSWERABLE']]);
  });

  it('reads paths into objects and lists', () => {
    const role = hold('r', 'MarketPartyRole', { party: { scheme: 'eic', value: '10X1001A1001A38Y' }, roleCodes: ['A12', 'A08'] });
    const ask = (path: (string | number | null)[], values?: string[]) =>
      chosen(
        choose(
          {
            credentials: [
              {
                id: 'a',
                format: 'dc+sd-jwt',
                meta: { vct_values: ['urn:gridpass:MarketPartyRole:1'] },
                claims: [{ path, ...(values === undefined ? {} : { values }) }],
              },
            ],
          },
          [role],
        ),
      )[0];
    expect(ask(['party', 'value'])).toEqual(['r', 'party']);
    expect(ask(['roleCodes', null], ['A08'])).toEqual(['r', 'roleCodes']);
    expect(ask(['roleCodes', 1], ['A12'])).toEqual(['NONE_SUITABLE', 'VALUE_DIFFERS']);
    expect(ask(['party', 'toString'])).toEqual(['NONE_SUITABLE', 'CLAIM_MISSING']);
  });

  // OpenID4VP 1.0 7.1: a path steps through the whole payload.
  it('finds members that are always shown, and opens nothing for them', () => {
    const status = hold('x', 'CustomerStatus', { active: true });
    expect(chosen(choose(one([{ path: ['vct'] }]), [status]))).toEqual([['x']]);
    expect(chosen(choose(one([{ path: ['vct'], values: ['urn:gridpass:CustomerStatus:1'] }, { path: ['active'] }]), [status]))).toEqual([
      ['x', 'active'],
    ]);
    expect(chosen(choose(one([{ path: ['cnf', 'jwk', 'kty'] }]), [status]))).toEqual([['x']]);
    expect(chosen(choose(one([{ path: ['vct'], values: ['urn:other'] }]), [status]))).toEqual([['NONE_SUITABLE', 'VALUE_DIFFERS']]);
    expect(chosen(choose(one([{ path: ['nbf'] }]), [status]))).toEqual([['NONE_SUITABLE', 'CLAIM_MISSING']]);
    expect(chosen(choose(one([{ path: ['_sd'] }]), [status]))).toEqual([['NONE_SUITABLE', 'CLAIM_MISSING']]);
  });

  it('never opens a claim that was not asked for (property)', () => {
    const names = ['active', 'customerKind', 'biddingZoneEic', 'supplierDid', 'installedCapacityBand'];
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }), fc.uniqueArray(fc.constantFrom(...names)), (asked, held) => {
        const plan = choose(one(asked.map((name) => ({ path: [name] }))), [
          hold('x', 'CustomerStatus', Object.fromEntries(held.map((name) => [name, true]))),
        ]);
        if (plan.kind === 'plan') expect(plan.choices.flatMap(({ disclose }) => disclose).every((name) => asked.includes(name))).toBe(true);
        expect(plan.kind === 'plan').toBe(asked.every((name) => held.includes(name)));
      }),
    );
  });
});
