import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NOON, createPaperSociety } from '@gridpass/testkit';
import { verifierFor } from './fixtures.js';
import { createIssuerHistory } from './issuer-history.js';

describe('any order of issuing, anchoring and rotating', () => {
  it('leaves accepted exactly what was anchored before its key went, and no forgery', async () => {
    const society = await createPaperSociety();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('issue', 'anchor', 'rotate'), { maxLength: 14 }), async (events) => {
        const history = createIssuerHistory(society);
        const issued: { readonly compact: string; key: 'today' | 'gone'; anchored: boolean }[] = [];
        const stolen = [];
        for (const event of events) {
          switch (event) {
            case 'issue':
              issued.push({ compact: (await history.issue()).compact, key: 'today', anchored: false });
              break;
            case 'anchor':
              history.anchor();
              // An anchor shows what was issued under a key that is still there; for the others it comes too late.
              for (const one of issued) one.anchored ||= one.key === 'today';
              break;
            case 'rotate': {
              stolen.push({ signer: history.signer(), until: history.now() });
              history.rotate();
              for (const one of issued) one.key = 'gone';
            }
          }
        }
        const verifier = verifierFor(society, {
          resolver: history.resolver,
          history: history.ports,
          methods: ['ethr'],
          anchors: [{ did: history.signer().did, mayIssue: ['RegulatorAccreditation'] }],
        });
        for (const { compact, key, anchored } of issued) {
          const outcome = await verifier.verifyCredential(compact, NOON);
          expect(outcome.refusal?.code ?? 'accepted').toBe(key === 'today' || anchored ? 'accepted' : 'KEY_NOT_AUTHORIZED');
        }
        for (const { signer, until } of stolen) {
          const forged = await history.forge(signer, until);
          expect((await verifier.verifyCredential(forged.compact, NOON)).refusal?.code).toBe('KEY_NOT_AUTHORIZED');
        }
      }),
      { numRuns: 60 },
    );
  });
});
