import type { Kept } from './corpus.js';
import { mutate } from './mutators.js';
import { createRandom } from './random.js';
import type { Target } from './target.js';

/** An input that a parser fell over. */
export interface Finding {
  readonly target: string;
  readonly input: Uint8Array;
  readonly error: unknown;
}

/** How far to go: until `enough` says so. */
export interface FuzzOptions {
  readonly seed: number;
  readonly corpus: readonly Kept[];
  readonly enough: (runs: number) => boolean;
  /** Told when one input took longer than this many milliseconds. */
  readonly slowMs?: number;
}

/** What a run came to: new answers, and the first finding. */
export interface FuzzResult {
  readonly runs: number;
  readonly kept: readonly Kept[];
  readonly slowestMs: number;
  readonly finding?: Finding;
}

const MAX_INPUT = 65_536;

/** Runs the saved corpus, then changed inputs; stops at the first finding, made as short as it goes. */
export async function fuzzTarget(target: Target, options: FuzzOptions): Promise<FuzzResult> {
  const random = createRandom(options.seed);
  const kept = new Map<string, Kept>();
  const pool: Uint8Array[] = [];
  let slowestMs = 0;
  const attempt = async (input: Uint8Array): Promise<Finding | undefined> => {
    const started = performance.now();
    try {
      const label = await target.run(input);
      if (!kept.has(label)) {
        kept.set(label, { label, input });
        pool.push(input);
      }
    } catch (error) {
      return { target: target.name, input, error };
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
    return undefined;
  };
  let runs = 0;
  for (const input of [...target.seeds, ...options.corpus.map((one) => one.input)]) {
    runs += 1;
    pool.push(input);
    const finding = await attempt(input);
    if (finding !== undefined) return { runs, kept: [...kept.values()], slowestMs, finding: await shrink(target, finding) };
  }
  for (; !options.enough(runs); runs += 1) {
    const input = mutate(target.shape, random.pick(pool), random, pool).subarray(0, MAX_INPUT);
    const finding = await attempt(input);
    if (finding !== undefined) return { runs, kept: [...kept.values()], slowestMs, finding: await shrink(target, finding) };
  }
  return { runs, kept: [...kept.values()], slowestMs };
}

/** Cuts pieces out as long as the parser still falls over in the same way. */
async function shrink(target: Target, finding: Finding): Promise<Finding> {
  let { input } = finding;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < input.length;) {
      const shorter = Buffer.concat([input.subarray(0, at), input.subarray(at + size)]);
      if (shorter.length < input.length && (await fallsLikewise(target, shorter, finding.error))) input = shorter;
      else at += size;
    }
  }
  return { ...finding, input };
}

async function fallsLikewise(target: Target, input: Uint8Array, error: unknown): Promise<boolean> {
  try {
    await target.run(input);
    return false;
  } catch (again) {
    return String(again) === String(error);
  }
}
