import { beforeEach, describe, expect, it } from '@jest/globals';
import { toEntry, toIssuanceRecord } from '@gridpass/audit';
import { textDigestOf } from '@gridpass/codec';
import { SIGNATURE_ALGORITHMS, assertOk, instant, type Outcome, type RequestId } from '@gridpass/core';
import { createIssuerTrust } from '@gridpass/hold';
import { createSchemas } from '@gridpass/schema';
import { issueVcJwt, parseVcJwt } from '@gridpass/suite';
import { NOON, createPaperSociety, twinOf, type PaperSociety } from '@gridpass/testkit';
import { createIssuerKeyFinder } from '../index.js';
import type { IssuerKeyFinder, VerifiedCredential, VerifierOptions } from '../index.js';
import { expecting, verifierFor } from './fixtures.js';
import { createIssuerHistory, leafOf, pathOf, type IssuerHistory } from './issuer-history.js';

const NEEDS = [[{ type: 'RegulatorAccreditation', claims: ['jurisdiction'] }]] as const;
let society: PaperSociety;
let history: IssuerHistory;
const options = (more: Partial<VerifierOptions> = {}): Partial<VerifierOptions> => ({
  resolver: history.resolver,
  history: history.ports,
  methods: ['web', 'jwk', 'key', 'ethr'],
  anchors: [{ did: history.signer().did, mayIssue: ['RegulatorAccreditation'] }],
  ...more,
});
const verify = (compact: string, more: Partial<VerifierOptions> = {}): Promise<Outcome<VerifiedCredential>> =>
  verifierFor(society, options(more)).verifyCredential(compact, NOON);
const codeOf = async (compact: string): Promise<string> => (await verify(compact)).refusal?.code ?? 'accepted';

beforeEach(async () => {
  society = await createPaperSociety();
  history = createIssuerHistory(society);
});

describe('a credential under a key of its issuer', () => {
  it('that is a key of today is accepted without asking log or chain', async () => {
    const { compact } = await history.issue();
    history.break('chain');
    expect(await codeOf(compact)).toBe('accepted');
    expect(history.asked).toEqual({ log: 0, chain: 0 });
  });

  it('that was rotated after the anchor is accepted, and the record says by what', async () => {
    const { compact, digest } = await history.issue();
    history.anchor();
    history.rotate();
    await history.issue();
    const { evidence } = assertOk(await verify(compact));
    expect(evidence).toMatchObject({ pastKeys: [{ credential: digest, index: 0, size: 1, anchoredAt: history.heads[0]!.anchoredAt }] });
  });

  it('that was rotated before the anchor is refused until it is issued again', async () => {
    const { compact } = await history.issue();
    history.rotate();
    expect(await codeOf(compact)).toBe('KEY_NOT_AUTHORIZED');
    history.anchor();
    expect(await codeOf(compact)).toBe('KEY_NOT_AUTHORIZED');
    expect(await codeOf((await history.issue()).compact)).toBe('accepted');
  });

  it('that was rotated in the very block of the anchor is refused', async () => {
    const { compact } = await history.issue();
    history.anchor();
    const [head] = history.heads.splice(0);
    history.rotate();
    history.heads.push({ ...head!, anchoredAt: history.now() });
    expect(await codeOf(compact)).toBe('KEY_NOT_AUTHORIZED');
  });

  // A node that mines at once gives every block a second of its own, and so runs ahead of the issuer's clock.
  it.each([
    [0, 'accepted'],
    [1, 'accepted'],
    [60, 'accepted'],
    [61, 'KEY_NOT_AUTHORIZED'],
  ])('that the chain knew for 15 seconds is found where it came %d s after the time of issuance: %s', async (ahead, code) => {
    history = createIssuerHistory(society, 5);
    const signer = history.rotate();
    const issued = await history.forge(signer, instant(history.now() - ahead));
    history.entries.push(toEntry(toIssuanceRecord(issued.digest, history.now(), 'r' as RequestId)));
    history.anchor();
    history.rotate();
    history.rotate();
    expect(await codeOf(issued.compact)).toBe(code);
  });

  it('is refused where the verifier does not look at the past', async () => {
    const { compact } = await history.issue();
    history.anchor();
    history.rotate();
    const { history: _none, ...today } = options();
    expect((await verifierFor(society, today).verifyCredential(compact, NOON)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
  });

  it('is found in a log of before, by the digest of its text, and only by that text', async () => {
    const { compact } = await history.issue();
    const former = textDigestOf(compact.split('~')[0] ?? '');
    history.entries[0] = toEntry(toIssuanceRecord(former, history.now(), 'r' as RequestId));
    history.anchor();
    history.rotate();
    expect(await codeOf(compact)).toBe('accepted');
    const alg = history.signer().alg === 'ES256K' ? 'ES256K' : 'ES256';
    expect(['KEY_NOT_AUTHORIZED', 'PROOF_INVALID']).toContain(await codeOf(twinOf(compact, alg)));
  });

  it('is judged the same in a presentation', async () => {
    const { compact } = await history.issue();
    history.anchor();
    history.rotate();
    await society.challenge();
    const outcome = await verifierFor(society, options()).verify(await society.present(society.regulator, [compact]), expecting(NEEDS));
    expect(assertOk(outcome).evidence).toMatchObject({ pastKeys: [{ index: 0 }] });
  });
});

describe('a forgery with a stolen key', () => {
  it('that is rotated is refused, however far it is backdated', async () => {
    const stolen = history.signer();
    await history.issue();
    const before = history.now();
    history.anchor();
    history.rotate();
    for (const issuedAt of [before, instant(before - 86_400), history.now(), NOON]) {
      expect(await codeOf((await history.forge(stolen, issuedAt)).compact)).toBe('KEY_NOT_AUTHORIZED');
    }
  });

  it('is refused with the entry of a genuine credential, another index, another proof, or an entry of its own', async () => {
    const stolen = history.signer();
    for (let n = 0; n < 3; n += 1) await history.issue();
    history.anchor();
    history.rotate();
    const forged = await history.forge(stolen, history.heads[0]!.anchoredAt);
    const own = toEntry(toIssuanceRecord(forged.digest, history.now(), 'r' as RequestId));
    const leaves = history.entries.map(leafOf);
    for (const [index, entry] of [
      [0, history.entries[0]!],
      [2, history.entries[0]!],
      [0, own],
      [1, own],
      [2, own],
    ] as const) {
      history.lie(() => ({ index, entry, proof: pathOf(index, leaves) }));
      expect(await codeOf(forged.compact)).toBe('KEY_NOT_AUTHORIZED');
    }
  });

  it('is refused when it enters the log after the rotation, even with a date before it', async () => {
    const stolen = history.signer();
    await history.issue();
    history.anchor();
    const before = history.now();
    history.rotate();
    const forged = await history.forge(stolen, before);
    history.entries.push(toEntry(toIssuanceRecord(forged.digest, before, 'r' as RequestId)));
    history.anchor();
    expect(await codeOf(forged.compact)).toBe('KEY_NOT_AUTHORIZED');
  });

  it('is refused when it is only mentioned in the log, by a revocation or a decision', async () => {
    const stolen = history.signer();
    const forged = await history.forge(stolen, history.now());
    for (const [kind, action, evidence] of [
      ['act', 'revoke', { credentials: [forged.digest] }],
      ['act', 'revoke', { credential: forged.digest }],
      ['decision', 'credential-issued', { credential: forged.digest }],
      ['refusal', 'credential-issued', { credential: forged.digest }],
    ] as const) {
      history.entries.push(toEntry({ kind, action, evidence, requestId: 'r' as RequestId, at: history.now(), reasons: [] }));
    }
    history.anchor();
    history.rotate();
    for (const index of history.entries.keys()) {
      history.lie(() => ({ index, entry: history.entries[index]!, proof: pathOf(index, history.entries.map(leafOf)) }));
      expect(await codeOf(forged.compact)).toBe('KEY_NOT_AUTHORIZED');
    }
  });

  it('by a key that was never one of the issuer makes nobody ask the log', async () => {
    await history.issue();
    history.anchor();
    const stranger = createIssuerHistory(society).signer();
    const forged = await history.forge(
      { ...stranger, did: history.signer().did, kid: `${history.signer().did}#delegate-9` as never },
      history.now(),
    );
    expect(await codeOf(forged.compact)).toBe('KEY_NOT_AUTHORIZED');
    // The name of an old key, but not its signature.
    const old = history.signer();
    history.rotate();
    const named = await history.forge({ ...stranger, did: old.did, kid: old.kid }, history.heads[0]!.anchoredAt);
    expect(await codeOf(named.compact)).toBe('PROOF_INVALID');
    expect(history.asked).toEqual({ log: 0, chain: 0 });
  });
});

describe('what cannot be found out', () => {
  it.each(['log', 'chain'] as const)('is a fault and no answer: %s', async (what) => {
    const { compact } = await history.issue();
    history.anchor();
    history.rotate();
    history.break(what);
    await expect(verify(compact)).rejects.toMatchObject({ code: what === 'log' ? 'REMOTE_UNAVAILABLE' : 'CHAIN_UNAVAILABLE' });
    history.break('nothing');
    expect(await codeOf(compact)).toBe('accepted');
  });

  it('is an anchor in a block that is younger than now', async () => {
    const { compact } = await history.issue();
    history.anchor();
    history.rotate();
    history.heads[0] = { ...history.heads[0]!, anchoredAt: instant(NOON + 1) };
    await expect(verify(compact)).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
  });
});

describe('a log that was rewritten', () => {
  it('does not lead to the anchored root: refused', async () => {
    const kept = await history.issue();
    await history.issue();
    history.anchor();
    history.rotate();
    history.entries[1] = toEntry(toIssuanceRecord('rewritten' as never, history.now(), 'r' as RequestId));
    expect(await codeOf(kept.compact)).toBe('KEY_NOT_AUTHORIZED');
  });
});

describe('a link of an accreditation chain', () => {
  const roleUnder = async (accreditation: string): Promise<string> =>
    (
      await issueVcJwt(
        society.input('SystemOperatorRole', society.regulator, society.dso.did, { authority: society.authority.publish(accreditation) }),
      )
    ).compact;

  it('holds after its issuer rotated', async () => {
    const accreditation = await history.issue();
    const role = await roleUnder(accreditation.compact);
    history.anchor();
    history.rotate();
    expect(assertOk(await verify(role)).path).toEqual([accreditation.digest]);
  });

  it('holds for a wallet that knows the past, and for no other', async () => {
    const accreditation = await history.issue();
    const { content } = assertOk(parseVcJwt(await roleUnder(accreditation.compact)));
    const trust = (findIssuerKey?: IssuerKeyFinder) =>
      createIssuerTrust({
        anchors: [{ did: history.signer().did, mayIssue: ['RegulatorAccreditation'] }],
        resolver: history.resolver,
        authority: society.authority,
        status: society.status,
        schemas: createSchemas(),
        maxDepth: 4,
        ...(findIssuerKey === undefined ? {} : { findIssuerKey }),
      })(content, NOON);
    const finder = createIssuerKeyFinder({
      resolver: history.resolver,
      methods: ['web', 'ethr'],
      algorithms: SIGNATURE_ALGORITHMS,
      history: history.ports,
    });
    expect((await trust()).ok).toBe(true);
    history.anchor();
    history.rotate();
    assertOk(await trust(finder));
    expect((await trust()).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
    expect(history.asked).toEqual({ log: 1, chain: 1 });
  });

  it('falls when it was not anchored before', async () => {
    const role = await roleUnder((await history.issue()).compact);
    history.rotate();
    history.anchor();
    expect((await verify(role)).refusal).toMatchObject({
      code: 'ISSUER_NOT_ACCREDITED',
      detail: expect.stringContaining('KEY_NOT_AUTHORIZED'),
    });
  });
});
