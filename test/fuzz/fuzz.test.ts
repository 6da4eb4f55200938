import { describe, expect, it } from '@jest/globals';
import { readCorpus } from './corpus.js';
import { fuzzTarget } from './fuzz-target.js';
import { createTargets } from './targets/index.js';

/** Changed inputs a target in `npm test`; the long run is `npm run fuzz`. */
const RUNS = 400;

const targets = await createTargets();

describe.each(targets.map((target) => [target.name, target] as const))('the parser of %s', (name, target) => {
  const corpus = readCorpus(name);

  it('has a saved corpus', () => {
    expect(corpus.length).toBeGreaterThan(0);
  });

  it('answers every saved and every changed input, and keeps its rules for what it accepts', async () => {
    const { finding } = await fuzzTarget(target, { seed: 1, corpus, enough: (runs) => runs >= RUNS + corpus.length });
    expect(finding === undefined ? undefined : { error: String(finding.error), input: Buffer.from(finding.input).toString('base64') }).toBe(
      undefined,
    );
  });
});
