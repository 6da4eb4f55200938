import { describe, expect, it } from '@jest/globals';
import { Fault, InputError, ok, refuse, type Received } from '@gridpass/core';
import type { PaperSociety } from '@gridpass/testkit';
import { createVerifier, type VerifierOptions } from '../index.js';
import { ENTITLEMENT_NEEDS, createPaperSociety, expecting, optionsFor } from './fixtures.js';

type Ports = Pick<VerifierOptions, 'resolver' | 'status' | 'authority' | 'challenges'>;

/** Every port method, replaced by `answer`. */
function broken(port: keyof Ports, society: PaperSociety, answer: () => Promise<never>): Partial<VerifierOptions> {
  const whole: Record<keyof Ports, object> = {
    resolver: { resolveDid: answer },
    status: { checkStatus: answer },
    authority: { fetchAuthority: answer },
    challenges: {
      issueChallenge: society.challenges.issueChallenge,
      readChallenge: society.challenges.readChallenge,
      consumeChallenge: answer,
    },
  };
  return { [port]: whole[port] };
}

const answerOf = (society: PaperSociety): Promise<Received> =>
  society.answer([{ compact: society.entitlement.compact, disclose: ['direction', 'exportLimitW'] }]);
const PORTS = ['resolver', 'status', 'authority', 'challenges'] as const;
const NONSENSE: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['true', true],
  ['an empty object', {}],
  ['ok without a value', { ok: true }],
  ['an empty list as a good answer', ok([])],
  ['an empty object as a good answer', ok({})],
  ['a text as a good answer', ok('yes')],
];

describe.each(PORTS)('when the %s port', (port) => {
  it('is the real one, the presentation passes', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    expect((await createVerifier(optionsFor(society)).verify(await answerOf(society), expecting(ENTITLEMENT_NEEDS))).ok).toBe(true);
  });

  it('throws a fault, the fault comes out and nothing is trusted', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    const verifier = createVerifier(
      optionsFor(
        society,
        broken(port, society, async () => {
          throw new Fault('STORE_UNAVAILABLE', 'down');
        }),
      ),
    );
    await expect(verifier.verify(await answerOf(society), expecting(ENTITLEMENT_NEEDS))).rejects.toMatchObject({
      name: 'Fault',
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('throws something else, it comes out and nothing is trusted', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    const verifier = createVerifier(
      optionsFor(
        society,
        broken(port, society, async () => {
          throw new RangeError('bug');
        }),
      ),
    );
    await expect(verifier.verify(await answerOf(society), expecting(ENTITLEMENT_NEEDS))).rejects.toThrow(RangeError);
  });

  it('refuses, the refusal comes out', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    const verifier = createVerifier(
      optionsFor(
        society,
        broken(port, society, async () => refuse('RATE_LIMITED', 'test', '') as never),
      ),
    );
    expect((await verifier.verify(await answerOf(society), expecting(ENTITLEMENT_NEEDS))).ok).toBe(false);
  });

  it('hangs, nothing comes out', async () => {
    const society = await createPaperSociety();
    await society.challenge();
    const verifier = createVerifier(
      optionsFor(
        society,
        broken(port, society, () => new Promise(() => undefined)),
      ),
    );
    let settled = false;
    void verifier.verify(await answerOf(society), expecting(ENTITLEMENT_NEEDS)).finally(() => {
      settled = true;
    });
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
  });

  it.each(NONSENSE)('answers %s, nothing is trusted', async (name, nonsense) => {
    const society = await createPaperSociety();
    await society.challenge();
    const verifier = createVerifier(
      optionsFor(
        society,
        broken(port, society, async () => nonsense as never),
      ),
    );
    const outcome = await verifier.verify(await answerOf(society), expecting(ENTITLEMENT_NEEDS)).catch((error: unknown) => error);
    expect([name, (outcome as { readonly ok?: boolean }).ok === true]).toEqual([name, false]);
  });
});

describe('a verifier without means', () => {
  it.each([
    ['anchors', []],
    ['algorithms', []],
    ['methods', []],
    ['anchors', [{ did: 'did:web:x', mayIssue: [] }]],
    ['anchors', [{ did: 'did:web:x', mayIssue: ['CustomerStatus'] }]],
    ['limits', { maxDepth: 5, maxCredentials: 0, presentationMaxAgeSeconds: 60, clockSkewSeconds: 0 }],
    ['limits', { maxDepth: 5, maxCredentials: 8, presentationMaxAgeSeconds: NaN, clockSkewSeconds: 0 }],
    ['limits', { maxDepth: Infinity, maxCredentials: 8, presentationMaxAgeSeconds: 60, clockSkewSeconds: 0 }],
  ])('is not created: %s %j', async (name, value) => {
    const society = await createPaperSociety();
    expect(() => createVerifier(optionsFor(society, { [name]: value }))).toThrow(InputError);
  });
});
