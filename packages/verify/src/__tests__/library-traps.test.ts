// The traps X1 to X13 that were found by running did-jwt, did-jwt-vc and Veramo: each once as a test of ours.
import { describe, expect, it } from '@jest/globals';
import { createSigner, generatePrivateJwk } from '@gridpass/keys';
import { instant, type Received } from '@gridpass/core';
import { encodeBase64url } from '@gridpass/codec';
import { issueVcJwt } from '@gridpass/suite';
import { NOON, createParty, received, resignToken, twinOf } from '@gridpass/testkit';
import { ROLE_NEEDS, createPaperSociety, expecting, verifierFor } from './fixtures.js';

const text = ({ bytes }: Received): string => Buffer.from(bytes).toString();

async function codeOf(
  presentation: Received,
  society: Awaited<ReturnType<typeof createPaperSociety>>,
  verifier = verifierFor(society),
): Promise<string | undefined> {
  return (await verifier.verify(presentation, expecting(ROLE_NEEDS))).refusal?.code;
}

async function scene(): ReturnType<typeof createPaperSociety> {
  const society = await createPaperSociety();
  await society.challenge();
  return society;
}

const forger = createSigner(generatePrivateJwk('ES256'));

describe('the traps of the libraries below', () => {
  it('X1: a forged credential inside a correctly signed presentation is refused', async () => {
    const society = await scene();
    const forged = await resignToken(society.dsoRole.compact, forger, {});
    expect(await codeOf(await society.present(society.dso, [forged]), society)).toBe('PROOF_INVALID');
  });

  it('X2: a credential of A presented by B is refused', async () => {
    const society = await scene();
    expect(await codeOf(await society.present(society.stranger, [society.dsoRole.compact]), society)).toBe('HOLDER_MISMATCH');
  });

  it('X3: a presentation without the challenge, with an old one, or a second time is refused', async () => {
    const society = await scene();
    const presentation = await society.present(society.dso, [society.dsoRole.compact]);
    const without = await resignToken(text(presentation), society.dso, { payload: { remove: ['nonce'] } });
    expect(await codeOf(received('vp+jwt', without), society)).toBe('PRESENTATION_MALFORMED');
    expect(await codeOf(await society.present(society.dso, [society.dsoRole.compact], { nonce: 'nonce-0' }), society)).toBe(
      'CHALLENGE_UNKNOWN',
    );
    expect(await codeOf(presentation, society)).toBeUndefined();
    expect(await codeOf(presentation, society)).toBe('CHALLENGE_UNKNOWN');
  });

  it('X4, X5: an object form with an unsigned wrapper is no presentation at all', async () => {
    const society = await scene();
    const wrapper = {
      '@context': [],
      type: ['VerifiablePresentation'],
      holder: society.stranger.did,
      verifiableCredential: [{ type: ['SystemOperatorRole'], proof: { type: 'Other', jwt: society.dsoRole.compact } }],
    };
    expect(await codeOf(received('vp+jwt', JSON.stringify(wrapper)), society)).toBe('PRESENTATION_MALFORMED');
    const presentation = await society.present(society.dso, [society.dsoRole.compact]);
    const swapped = await resignToken(text(presentation), society.dso, {
      payload: { set: { verifiableCredential: wrapper.verifiableCredential } },
    });
    expect(await codeOf(received('vp+jwt', swapped), society)).toBe('PRESENTATION_MALFORMED');
  });

  it('X6: the status of a credential inside a presentation is not passed over', async () => {
    const society = await scene();
    society.status.fail('STATUS_UNAVAILABLE');
    await expect(codeOf(await society.present(society.dso, [society.dsoRole.compact]), society)).rejects.toMatchObject({
      code: 'STATUS_UNAVAILABLE',
    });
  });

  it('X7: a key for key agreement alone proves nothing', async () => {
    const society = await scene();
    society.resolver.publishKey(society.regulator.did, society.regulator.kid, society.regulator.publicJwk, []);
    expect(await codeOf(await society.present(society.dso, [society.dsoRole.compact]), society)).toBe('KEY_NOT_AUTHORIZED');
  });

  it('X8: one verifier does not carry an issuer over to the next token', async () => {
    const society = await scene();
    const verifier = verifierFor(society);
    expect(await codeOf(await society.present(society.dso, [society.dsoRole.compact]), society, verifier)).toBeUndefined();
    await society.challenge();
    // Signed by the regulator, said to be by the stranger.
    const evil = await resignToken(society.dsoRole.compact, society.regulator, {
      header: { set: { kid: society.stranger.kid } },
      payload: { set: { iss: society.stranger.did, issuer: society.stranger.did } },
    });
    expect(await codeOf(await society.present(society.dso, [evil]), society, verifier)).toBe('PROOF_INVALID');
    expect(await codeOf(await society.present(society.dso, [society.dsoRole.compact]), society, verifier)).toBeUndefined();
  });

  it.each([
    ['crit', { crit: ['https://example.org/x'] }],
    ['typ', { typ: 'JWT' }],
    ['kid', { kid: 'did:web:stranger.example#key-1' }],
  ])('X9: %s of the header counts', async (_name, set) => {
    const society = await scene();
    const edited = await resignToken(society.dsoRole.compact, society.regulator, { header: { set } });
    expect(await codeOf(await society.present(society.dso, [edited]), society)).toBe('PRESENTATION_MALFORMED');
  });

  it.each(['ES256', 'ES256K'] as const)('X10: the high-S twin of an %s signature is the same proof, and no second one', async (alg) => {
    const society = await scene();
    const operator = createParty('operator', alg);
    society.publish(operator);
    const credential = await issueVcJwt(
      society.input('SystemOperatorRole', society.regulator, operator.did, {
        authority: society.authority.publish(society.accreditation.compact),
      }),
    );
    const presentation = await society.present(operator, [credential.compact]);
    expect(await codeOf(received('vp+jwt', twinOf(text(presentation), alg)), society)).toBeUndefined();
    // The challenge is used up: who has the first text has nothing with the second.
    expect(await codeOf(presentation, society)).toBe('CHALLENGE_UNKNOWN');
    await society.challenge();
    const [header = '', payload = ''] = text(presentation).split('.');
    const other = twinOf(text(await society.present(society.stranger, [credential.compact])), 'ES256').split('.')[2] ?? '';
    expect(await codeOf(received('vp+jwt', [header, payload, other].join('.')), society)).toBe('PROOF_INVALID');
  });

  it.each([[undefined], ['abc'], [{}], [String(NOON + 60)]])('X11: exp %j is no end', async (exp) => {
    const society = await scene();
    const payload = exp === undefined ? { remove: ['exp', 'validUntil'] } : { set: { exp } };
    const endless = await resignToken(society.dsoRole.compact, society.regulator, { payload });
    expect(await codeOf(await society.present(society.dso, [endless]), society)).toBe('PRESENTATION_MALFORMED');
  });

  it('X11: there is no tolerance around the end of a credential', async () => {
    const society = await createPaperSociety();
    const end = instant(NOON + 100 * 86_400);
    await society.challenge({ at: instant(end - 1) });
    const before = await society.present(society.dso, [society.dsoRole.compact], { at: instant(end - 1) });
    expect(await codeOf({ ...before, at: end }, society)).toBe('EXPIRED');
    expect(await codeOf(before, society)).toBeUndefined();
  });

  it('X12: a DID method that is not on the list never reaches the resolver', async () => {
    const society = await scene();
    const verifier = verifierFor(society, { methods: ['jwk'] });
    expect(await codeOf(await society.present(society.dso, [society.dsoRole.compact]), society, verifier)).toBe('DID_METHOD_UNSUPPORTED');
    expect(society.resolver.asked).toEqual([]);
  });

  it('X13: alg none is refused, and iss and sub override nothing', async () => {
    const society = await scene();
    const presentation = text(await society.present(society.dso, [society.dsoRole.compact]));
    const none = [encodeBase64url(Buffer.from('{"alg":"none","typ":"vp+jwt"}')), presentation.split('.')[1], ''].join('.');
    expect(await codeOf(received('vp+jwt', none), society)).toMatch(/^(ALGORITHM_NOT_ALLOWED|PRESENTATION_MALFORMED)$/);
    const subject = await resignToken(society.dsoRole.compact, society.regulator, { payload: { set: { sub: society.stranger.did } } });
    expect(await codeOf(await society.present(society.dso, [subject]), society)).toBe('PRESENTATION_MALFORMED');
  });
});
