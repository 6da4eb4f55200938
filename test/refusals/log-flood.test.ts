// A log filled by strangers: presentations of keys and issuers of one's own, over HTTP and against the library. What anyone can
// cause is counted and summed up; what an accredited party does is a line.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Fault, refuse } from '@gridpass/core';
import type { RefusalCode, RequestId } from '@gridpass/core';
import { startRig, strangerKey, textOf, type Rig } from '../../packages/gate/src/__tests__/harness.js';

describe('refusals that anyone can cause', () => {
  let rig: Rig;
  let close: () => Promise<void>;
  let broken: RefusalCode | Fault | undefined;
  beforeAll(async () => {
    ({ rig, close } = await startRig(({ verifier }) => ({
      rateLimit: { burst: 1_000, perMinute: 1_000 },
      verifier: {
        verify: async (received, query) => {
          if (broken instanceof Fault) throw broken;
          return broken === undefined ? verifier.verify(received, query) : refuse(broken, 'current', 'of an issuer of its own');
        },
      },
    })));
  });
  beforeEach(() => {
    rig.audit.records.length = 0;
    broken = undefined;
  });
  afterAll(() => close());

  const tamper = (vp: string): string =>
    vp.replace(/\.([\w-]{4})([\w-]+)"\]/, (_all, a: string, b: string) => `.${a === 'AAAA' ? 'BBBB' : 'AAAA'}${b}"]`);

  it('leave no line each over HTTP, and one sum', async () => {
    for (let i = 0; i < 20; i += 1) expect((await rig.present({ tamper })).body['code']).toBe('PROOF_INVALID');
    expect(rig.audit.records).toEqual([]);
    await rig.gate.flush();
    expect(rig.audit.records).toMatchObject([{ kind: 'refusal', action: 'refusal-summary', evidence: { counts: { PROOF_INVALID: 20 } } }]);
  });

  it.each([
    'PROOF_INVALID',
    'DID_NOT_FOUND',
    'REVOKED',
    'SUSPENDED',
    'STATUS_LIST_INVALID',
    'ISSUER_NOT_ACCREDITED',
    'CHAIN_TOO_LONG',
  ] as const)('leave no line each against the library: %s of an issuer of its own', async (code) => {
    broken = code;
    for (let i = 0; i < 5; i += 1) expect((await rig.present()).body['code']).toBe(code);
    expect(rig.audit.records).toEqual([]);
  });

  it.each(['RESOLVER_UNAVAILABLE', 'STATUS_UNAVAILABLE', 'TRUST_UNAVAILABLE'] as const)(
    'leave no line each where an issuer of its own cannot be reached: %s',
    async (code) => {
      broken = new Fault(code, 'of the test');
      for (let i = 0; i < 5; i += 1) expect((await rig.present()).body['code']).toBe(code);
      expect(rig.audit.records).toEqual([]);
      await rig.gate.flush();
      expect(rig.audit.records[0]?.evidence).toMatchObject({ counts: { [code]: 5 } });
    },
  );

  it('leave no line for states and tokens that nobody gave out', async () => {
    const received = {
      transport: 'http',
      mediaType: 'openid4vp',
      bytes: new Uint8Array(),
      requestId: 'r' as RequestId,
      at: rig.clock.now(),
    } as const;
    for (let i = 0; i < 5; i += 1)
      expect(await rig.gate.admit(received, { state: `state-${i}` })).toMatchObject({ refusal: { code: 'CHALLENGE_UNKNOWN' } });
    expect(rig.audit.records).toEqual([]);
  });

  it('are lines where an accredited party causes them, as many as its key may try', async () => {
    expect((await rig.present({ key: strangerKey() })).body['code']).toBe('HOLDER_MISMATCH');
    expect(rig.audit.records).toMatchObject([{ kind: 'refusal', code: 'HOLDER_MISMATCH' }]);
    expect((await rig.present()).status).toBe(200);
    expect(rig.audit.records.at(-1)).toMatchObject({ kind: 'decision', effect: 'permit' });
    expect(textOf((await rig.present({ tamper })).body, 'code')).toBe('PROOF_INVALID');
    expect(rig.audit.records).toHaveLength(2);
  });
});

describe('an accredited party that tries without end', () => {
  it('leaves as many lines as its key may try, over all addresses', async () => {
    const { rig, close } = await startRig(() => ({ rateLimit: { burst: 7, perMinute: 1 } }));
    const codes: unknown[] = [];
    for (let i = 0; i < 9; i += 1) {
      const opened = await rig.gate.openChallenge({ channel: 'behind_the_meter', sessionThumbprint: '', at: rig.clock.now() });
      const answer = await rig.society.answer(
        [
          { compact: rig.society.customer.compact, disclose: ['active', 'biddingZoneEic'] },
          { compact: rig.society.entitlement.compact, disclose: ['exportLimitW'] },
        ],
        { nonce: opened.value?.nonce ?? '', audience: opened.value?.audience ?? '', at: rig.clock.now() },
      );
      const admission = await rig.gate.admit(
        { transport: 'mqtt', mediaType: 'openid4vp', bytes: answer.bytes, requestId: `r${i}` as RequestId, at: rig.clock.now() },
        { state: opened.value?.state ?? '' },
      );
      codes.push(admission.kind === 'refused' ? admission.refusal.code : admission.kind);
    }
    expect(codes).toEqual([...Array.from({ length: 7 }, () => 'granted'), 'RATE_LIMITED', 'RATE_LIMITED']);
    expect(rig.audit.records).toHaveLength(7);
    await close();
  });
});
