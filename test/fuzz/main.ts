// The long run: every target in turn for its share of the time, with a new seed each time; see README.md beside this file.
import { parseArgs } from 'node:util';
import { readCorpus, writeCorpus } from './corpus.js';
import { fuzzTarget } from './fuzz-target.js';
import { createTargets } from './targets/index.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    target: { type: 'string', multiple: true },
    seed: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});
const targets = (await createTargets()).filter(({ name }) => values.target === undefined || values.target.includes(name));
const minutes = Number(values.minutes);
if (targets.length === 0 || !(minutes > 0)) {
  console.error('usage: npm run fuzz -- [--minutes 10] [--target NAME]... [--seed N] [--save]');
  process.exit(2);
}
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const share = (minutes * 60_000) / targets.length;
console.log(`${targets.length} parsers, ${Math.round(share / 1_000)} s each, seed ${seed}`);
for (const target of targets) {
  const corpus = readCorpus(target.name);
  const until = performance.now() + share;
  const result = await fuzzTarget(target, { seed, corpus, enough: () => performance.now() > until });
  console.log(
    `${target.name.padEnd(24)} ${String(result.runs).padStart(9)} inputs, ${String(result.kept.length).padStart(4)} answers, slowest ${result.slowestMs.toFixed(0)} ms`,
  );
  if (values.save) writeCorpus(target.name, result.kept);
  if (result.finding !== undefined) {
    process.exitCode = 1;
    console.error(
      `  fell over: ${String(result.finding.error)}\n  input (base64): ${Buffer.from(result.finding.input).toString('base64')}`,
    );
  }
}
