import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One input of a corpus, and what the parser answered when it was kept. */
export interface Kept {
  readonly label: string;
  readonly input: Uint8Array;
}

const DIRECTORY = join(process.cwd(), 'test', 'fuzz', 'corpus');
const fileOf = (target: string): string => join(DIRECTORY, `${target}.ndjson`);

/** The saved inputs of a target; one line of JSON each, the bytes in base64. */
export function readCorpus(target: string): readonly Kept[] {
  if (!existsSync(fileOf(target))) return [];
  return readFileSync(fileOf(target), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { label, input } = JSON.parse(line) as { label: string; input: string };
      return { label, input: new Uint8Array(Buffer.from(input, 'base64')) };
    });
}

/** Keeps one input for each answer, the shortest, so that the corpus stays small. */
export function writeCorpus(target: string, kept: readonly Kept[]): void {
  const shortest = new Map<string, Kept>();
  for (const one of kept) {
    const before = shortest.get(one.label);
    if (before === undefined || one.input.length < before.input.length) shortest.set(one.label, one);
  }
  const lines = [...shortest.values()]
    .sort((a, b) => (a.label < b.label ? -1 : 1))
    .map(({ label, input }) => JSON.stringify({ label, input: Buffer.from(input).toString('base64') }));
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(fileOf(target), lines.map((line) => `${line}\n`).join(''));
}
