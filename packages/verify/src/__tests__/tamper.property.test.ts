import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Received } from '@gridpass/core';
import type { PaperSociety } from '@gridpass/testkit';
import { HOUSE_NEEDS, ROLE_NEEDS, createPaperSociety, expecting, houseAnswer, verifierFor } from './fixtures.js';

let society: PaperSociety;
beforeAll(async () => {
  society = await createPaperSociety();
  await society.challenge();
});

/**
 * JSON around a vp_token may be spelled in several ways that mean the same; only there may a changed byte still pass.
 * Everything inside the quotes of a presentation is signed or names what is signed.
 */
async function expectRefusal(received: Received, bytes: Uint8Array, needs: typeof HOUSE_NEEDS): Promise<void> {
  const outcome = await verifierFor(society).verify({ ...received, bytes }, expecting(needs));
  expect(outcome.ok).toBe(false);
}

describe('a valid presentation with one byte changed', () => {
  it('is refused, never a fault, never a pass: vp+jwt', async () => {
    const valid = await society.present(society.dso, [society.dsoRole.compact]);
    await fc.assert(
      fc.asyncProperty(fc.nat(valid.bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Uint8Array.from(valid.bytes);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        await expectRefusal(valid, bytes, ROLE_NEEDS);
      }),
      { numRuns: 400 },
    );
  });

  it('is refused, never a fault, never a pass: SD-JWTs in a vp_token', async () => {
    const valid = await houseAnswer(society);
    // The DCQL ids carry no meaning here, so changes start at the first presentation; the JSON's own marks are refused as malformed.
    const text = Buffer.from(valid.bytes).toString();
    const inside = [...text.matchAll(/"(ey[^"]+)"/g)].flatMap((match) =>
      Array.from({ length: (match[1] ?? '').length }, (_, i) => match.index + 1 + i),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...inside), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Uint8Array.from(valid.bytes);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        await expectRefusal(valid, bytes, HOUSE_NEEDS);
      }),
      { numRuns: 400 },
    );
  });

  it('is refused when cut short or grown', async () => {
    const valid = await society.present(society.dso, [society.dsoRole.compact]);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: valid.bytes.length - 1 }),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        async (length, tail) => {
          await expectRefusal(valid, valid.bytes.slice(0, length), ROLE_NEEDS);
          await expectRefusal(valid, Uint8Array.of(...valid.bytes, ...tail), ROLE_NEEDS);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is refused whatever else arrives', async () => {
    const valid = await society.present(society.dso, [society.dsoRole.compact]);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((text) => new TextEncoder().encode(text)),
        ),
        fc.constantFrom('openid4vp', 'vp+jwt'),
        async (bytes, mediaType) => {
          await expectRefusal({ ...valid, mediaType }, bytes, ROLE_NEEDS);
        },
      ),
      { numRuns: 300 },
    );
  });
});
