import { describe, expect, it } from '@jest/globals';
import type { Digest, Outcome } from '@gridpass/core';
import { checkReason } from '../rules/reason.js';
import { byDigest, createRig } from './engine-rig.js';
import { SUPPLIER, context } from './world.js';
import type { World } from './world.js';

const LONGEST = 'x'.repeat(500);
const UNFIT = ['', ' \t\n', `${LONGEST}x`];

describe('why somebody decides', () => {
  it.each(['x', ` x `, LONGEST])('may be told as %j', (reason) => {
    expect(checkReason('lifecycle', reason).ok).toBe(true);
  });

  it.each(UNFIT)('may not be told as %j', (reason) => {
    expect(checkReason('overrule', reason, 'overrules/area')).toMatchObject({
      refusal: { code: 'REQUEST_MALFORMED', stage: 'overrule', detail: 'overrules/area: a reason of 1 to 500 characters' },
    });
  });

  const nothing = byDigest('none' as Digest);
  const rig = createRig();
  it.each<readonly [string, ({ engine }: World, reason: string) => Promise<Outcome<unknown>>]>([
    ['approve', ({ engine }, reason) => engine.approve(SUPPLIER, 'none', reason, context())],
    ['reject', ({ engine }, reason) => engine.reject(SUPPLIER, 'none', reason, context())],
    ['close', ({ engine }, reason) => engine.close(SUPPLIER, 'none', reason, context())],
    ['withdrawOffer', ({ engine }, reason) => engine.withdrawOffer(SUPPLIER, 'none', reason, context())],
    ['revoke', ({ engine }, reason) => engine.revoke(SUPPLIER, nothing, reason, context())],
    ['revokeCopy', ({ engine }, reason) => engine.revokeCopy(SUPPLIER, nothing, reason, context())],
    ['suspend', ({ engine }, reason) => engine.suspend(SUPPLIER, nothing, reason, context())],
    ['resume', ({ engine }, reason) => engine.resume(SUPPLIER, nothing, reason, context())],
  ])('is asked for by %s before anything is looked up', async (_verb, act) => {
    for (const reason of UNFIT) expect(await act(rig.world(), reason)).toMatchObject({ refusal: { code: 'REQUEST_MALFORMED' } });
    expect(await act(rig.world(), LONGEST)).toMatchObject({ refusal: { code: 'NOT_FOUND' } });
  });
});
