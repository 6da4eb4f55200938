import { describe, expect, it } from '@jest/globals';
import { assertOk, instant, ok, type AuthorityReference, type Challenge, type CredentialContent, type Instant } from '@gridpass/core';
import { parseSdJwtVc } from '@gridpass/suite';
import { AUDIENCE, CHANNEL, NOON, TENANT, received, resignToken, type PaperSociety } from '@gridpass/testkit';
import { Parsed } from '../index.js';
import { checkTimes } from '../credential-proof.js';
import { bindByKey } from '../holder.js';
import { createLinkTexts } from '../links.js';
import { checkNeeds } from '../needs.js';
import { ENTITLEMENT_NEEDS, ROLE_NEEDS, createPaperSociety, expecting, houseAnswer, verifierFor } from './fixtures.js';

const codeOf = ({ refusal }: { readonly refusal?: { readonly code: string } }): string => refusal?.code ?? 'ok';

describe('the life of a credential', () => {
  const life = { type: 'CustomerStatus', issuedAt: NOON, validFrom: NOON, validUntil: NOON + 10 } as CredentialContent;
  const at = (seconds: number): Instant => instant(NOON + seconds);

  it.each([
    ['begins with the second of its issuance', life, 0, 'ok'],
    ['has not begun a second before that', { ...life, validFrom: at(-5) }, -1, 'NOT_YET_VALID'],
    ['begins with the second it is valid from', { ...life, issuedAt: at(-5) }, 0, 'ok'],
    ['has not begun a second before it is valid', { ...life, issuedAt: at(-5) }, -1, 'NOT_YET_VALID'],
    ['goes on up to the last second', life, 9, 'ok'],
    ['is over at its end', life, 10, 'EXPIRED'],
  ])('%s', (_name, content, seconds, code) => {
    expect(codeOf(checkTimes(content, at(seconds)))).toBe(code);
  });
});

describe('how many credentials a presentation may have', () => {
  it('is counted over all queries of a vp_token', async () => {
    const house = await houseAnswer(await createPaperSociety());
    expect(codeOf(Parsed.parse(house, { maxCredentials: 3 }))).toBe('ok');
    expect(codeOf(Parsed.parse(house, { maxCredentials: 2 }))).toBe('PRESENTATION_MALFORMED');
  });

  it('is counted in a vp+jwt', async () => {
    const society = await createPaperSociety();
    const vp = await society.present(society.dso, [society.dsoRole.compact, society.supplierRole.compact, society.accreditation.compact]);
    expect(codeOf(Parsed.parse(vp, { maxCredentials: 3 }))).toBe('ok');
    expect(codeOf(Parsed.parse(vp, { maxCredentials: 2 }))).toBe('PRESENTATION_MALFORMED');
  });

  it('is one for each query, whatever the bound', async () => {
    const society = await createPaperSociety();
    const [first, second] = Object.values(JSON.parse(new TextDecoder().decode((await houseAnswer(society)).bytes)) as object);
    const token = JSON.stringify({ c: [...(first as string[]), ...(second as string[])] });
    expect(codeOf(Parsed.parse(received('openid4vp', token), { maxCredentials: 8 }))).toBe('PRESENTATION_MALFORMED');
  });
});

describe('whom several credentials speak of', () => {
  const contentOf = ({ compact }: { readonly compact: string }): CredentialContent => assertOk(parseSdJwtVc(compact)).content;

  it('is one holder, though one key has both', async () => {
    const { entitlement, customer } = await createPaperSociety();
    const [one, other] = [contentOf(entitlement), contentOf(customer)];
    expect(codeOf(bindByKey([one, other]))).toBe('ok');
    expect(codeOf(bindByKey([one, { ...other, subject: 'did:web:somebody.example' as typeof other.subject }]))).toBe('HOLDER_MISMATCH');
  });

  it('is told by one credential of each type', async () => {
    const { entitlement } = await createPaperSociety();
    const content = contentOf(entitlement);
    const needs = [[{ type: content.type, claims: [] }]];
    expect(codeOf(checkNeeds([content], needs, 'named-by-type'))).toBe('ok');
    expect(codeOf(checkNeeds([content, content], needs, 'named-by-type'))).toBe('QUERY_NOT_MET');
  });
});

describe('the answer of a challenge store', () => {
  const good: Challenge = {
    ...{ tenant: TENANT, nonce: 'nonce-1' as Challenge['nonce'], state: 'state-1', audience: AUDIENCE, channel: CHANNEL },
    ...{ sessionThumbprint: '', expiresAt: instant(NOON + 1) },
  };
  const verify = async (read: Partial<Challenge>, consumed: Partial<Challenge> = read) => {
    const society = await createPaperSociety();
    const challenges = {
      issueChallenge: async () => undefined,
      readChallenge: async () => ok({ ...good, ...read }),
      consumeChallenge: async () => ok({ ...good, ...consumed }),
    };
    const shown = await society.answer([{ compact: society.entitlement.compact, disclose: ['direction', 'exportLimitW'] }]);
    return verifierFor(society, { challenges }).verify(shown, expecting(ENTITLEMENT_NEEDS));
  };

  it('counts for its own route and session, up to its last second', async () => {
    expect(codeOf(await verify({}))).toBe('ok');
  });

  it.each<[string, Partial<Challenge>]>([
    ['of another tenant', { tenant: 'other' as Challenge['tenant'] }],
    ['of another session', { state: 'state-2' }],
    ['of another route', { channel: 'ledger' }],
    ['that ends now', { expiresAt: NOON }],
  ])('is refused where it is one %s', async (_name, read) => {
    expect(codeOf(await verify(read, {}))).toBe('CHALLENGE_UNKNOWN');
  });

  it.each<[string, Partial<Challenge>]>([
    ['nonce', { nonce: 'nonce-2' as Challenge['nonce'] }],
    ['session', { state: 'state-2' }],
  ])('is a fault where it consumed another %s than was asked for', async (_name, consumed) => {
    await expect(verify({}, consumed)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

describe('texts of links', () => {
  const reference = (name: string): AuthorityReference => ({
    uri: `https://nra.example/${name}`,
    digest: name as AuthorityReference['digest'],
  });

  it('are as many as may be kept, and the oldest goes', () => {
    const texts = createLinkTexts(2);
    for (const name of ['a', 'b', 'c']) texts.set(reference(name), {} as Parameters<typeof texts.set>[1]);
    expect(['a', 'b', 'c'].map((name) => texts.get(reference(name)) !== undefined)).toEqual([false, true, true]);
  });

  const presentRole = async (society: PaperSociety, forgotten: AuthorityReference[]) => {
    const authority = { ...society.authority, forgetAuthority: (one: AuthorityReference) => void forgotten.push(one) };
    await society.challenge();
    const shown = await society.present(society.dso, [society.dsoRole.compact]);
    return codeOf(await verifierFor(society, { authority }).verify(shown, expecting(ROLE_NEEDS)));
  };

  it('are forgotten where they are kept as soon as one does not prove, and not where one does', async () => {
    const society = await createPaperSociety();
    const forgotten: AuthorityReference[] = [];
    expect(await presentRole(society, forgotten)).toBe('ok');
    expect(forgotten).toEqual([]);
    const uri = `https://authority.example/${society.accreditation.digest}`;
    // The same handle under a signature that proves nothing.
    const [head, payload] = society.accreditation.compact.split('.');
    const foreign = await resignToken(society.accreditation.compact, society.stranger, {});
    society.authority.replace(uri, [head, payload, foreign.split('.')[2]].join('.'));
    expect(await presentRole(society, forgotten)).toBe('ISSUER_NOT_ACCREDITED');
    expect(forgotten).toEqual([{ uri, digest: society.accreditation.digest }]);
  });
});
