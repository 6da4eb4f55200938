import { describe, expect, it } from '@jest/globals';
import { assertOk, instant } from '@gridpass/core';
import type { CredentialFormat } from '@gridpass/core';
import { createParty, twinOf } from '@gridpass/testkit';
import { checkProof, issueCredential, parseSdJwtVc, parseVcJwt } from '../index.js';

const T = 1_780_272_000;

describe('the two signatures (r, s) and (r, n - s) of one credential', () => {
  it.each([
    ['ES256', 'vc+jwt'],
    ['ES256', 'dc+sd-jwt'],
    ['ES256K', 'vc+jwt'],
    ['ES256K', 'dc+sd-jwt'],
  ] as const)('%s, %s: have one handle, which the issuer was given too, and each a text digest of its own', async (alg, format) => {
    const party = createParty('twin', alg);
    const issued = await issueCredential(format, {
      type: 'RegulatorAccreditation',
      issuer: party,
      subject: party.did,
      holderKey: party.publicJwk,
      claims: { jurisdiction: ['DK'], mayAccredit: ['A50'], legalBasis: 'x' },
      issuedAt: instant(T),
      validFrom: instant(T),
      validUntil: instant(T + 100),
      status: statusOf(format),
    });
    const parse = (compact: string) => assertOk(format === 'vc+jwt' ? parseVcJwt(compact) : parseSdJwtVc(compact));
    const parsed = [parse(issued.compact), parse(twinOf(issued.compact, alg))] as const;
    const key = { id: party.kid, alg, publicJwk: party.publicJwk, relationships: ['assertionMethod'] } as const;
    expect(parsed.map((each) => checkProof(each, key).ok)).toEqual([true, true]);
    const [one, twin] = [parsed[0].content, parsed[1].content];
    expect(twinOf(issued.compact, alg)).not.toBe(issued.compact);
    expect(one.digest).toBe(issued.digest);
    expect(twin.digest).toBe(one.digest);
    expect(twin.textDigest).not.toBe(one.textDigest);
  });
});

function statusOf(format: CredentialFormat) {
  const uri = 'https://issuer.example/status/1';
  return format === 'vc+jwt'
    ? [
        { kind: 'bitstring', purpose: 'revocation', uri, index: 1 } as const,
        { kind: 'bitstring', purpose: 'suspension', uri, index: 1 } as const,
      ]
    : [{ kind: 'token', uri, index: 1 } as const];
}
