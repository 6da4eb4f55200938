// Our own negative corpus for the stages parse to trusted, after the model of Wycheproof: each case names the class of
// defect it stands for, and the notes say what that class does to whom it meets.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createSchemas } from '@gridpass/schema';
import { createVerifier } from '@gridpass/verify';
import type { Case } from './verify-scene.js';
import { buildScene } from './verify-world.js';

const { cases, notes } = JSON.parse(readFileSync(join(import.meta.dirname, 'verify.json'), 'utf8')) as {
  readonly cases: readonly Case[];
  readonly notes: Readonly<Record<string, string>>;
};
const schemas = createSchemas();

describe('the stages parse to trusted', () => {
  it.each(cases)('$id: $comment', async (given) => {
    const { society, received, expected, options } = await buildScene(given);
    const verifier = createVerifier({
      resolver: society.resolver,
      status: society.status,
      authority: society.authority,
      challenges: society.challenges,
      schemas,
      anchors: [{ did: society.regulator.did, mayIssue: ['RegulatorAccreditation'] }],
      algorithms: ['ES256'],
      methods: ['web'],
      limits: { maxDepth: 5, maxCredentials: 8, presentationMaxAgeSeconds: 120, clockSkewSeconds: 0 },
      ...options,
    });
    const outcome = await verifier.verify(received, expected);
    expect(outcome.refusal?.code ?? null).toBe(given.expectCode);
    // What is refused before the proofs hold leaves the challenge to its rightful holder.
    if (outcome.refusal?.stage === 'parse' || outcome.refusal?.stage === 'resolve') expect(society.challenges.size).toBe(1);
  });

  it('has a note for every flag and a use for every note', () => {
    expect([...new Set(cases.flatMap(({ flags }) => flags))].sort()).toEqual(Object.keys(notes).sort());
  });

  it('names every case once', () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  });
});
