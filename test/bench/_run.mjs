// Runs one benchmark file: its default export gets what it needs to measure and to print.
import { pathToFileURL } from 'node:url';

const ITERATIONS_MS = Number(process.env.GRIDPASS_BENCH_MS ?? 1500);

/** Operations a second of an async function, after a warm-up; the best of three turns, for other programs only slow things down. */
async function rate(fn) {
  for (let i = 0; i < 20; i += 1) await fn();
  let best = 0;
  for (let turn = 0; turn < 3; turn += 1) {
    const end = performance.now() + ITERATIONS_MS / 3;
    const started = performance.now();
    let count = 0;
    while (performance.now() < end) {
      await fn();
      count += 1;
    }
    best = Math.max(best, (count * 1000) / (performance.now() - started));
  }
  return best;
}

/** Median and 99th percentile in microseconds of single runs. */
async function percentiles(fn, runs = 2000) {
  for (let i = 0; i < 50; i += 1) await fn();
  const took = new Float64Array(runs);
  for (let i = 0; i < runs; i += 1) {
    const started = performance.now();
    await fn();
    took[i] = (performance.now() - started) * 1000;
  }
  took.sort();
  return { p50: took[runs >> 1], p99: took[Math.floor(runs * 0.99)] };
}

function table(head, rows) {
  const text = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, i) => Math.max(...text.map((row) => row[i].length)));
  for (const row of text) console.log(row.map((cell, i) => cell.padEnd(widths[i])).join('  '));
}

// Parts that end by themselves hold no process (their children are unref'd), and this one waits for them to have ended.
setInterval(() => undefined, 60_000);
const { default: bench } = await import(pathToFileURL(process.argv[2]).href);
await bench({ rate, percentiles, table, log: (line) => console.log(line) });
process.exit(process.exitCode ?? 0);
