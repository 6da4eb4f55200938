/** Tells a person, line by line, what the society does. Nothing secret passes here: DIDs, counts and codes alone. */
export interface Narrator {
  act(title: string): void;
  says(line: string): void;
  table(rows: readonly (readonly [string, string])[]): void;
}

/** A narrator that writes to a stream; `quiet` keeps acts and drops the lines between (for `--once` into a pipe). */
export function createNarrator(write: (text: string) => void): Narrator {
  let acts = 0;
  return {
    act: (title) => {
      acts += 1;
      write(`\n${String(acts).padStart(2, ' ')}. ${title}\n`);
    },
    says: (line) => write(`    ${line}\n`),
    table: (rows) => {
      const width = Math.max(0, ...rows.map(([name]) => name.length));
      for (const [name, value] of rows) write(`  ${name.padEnd(width)}  ${value}\n`);
    },
  };
}
