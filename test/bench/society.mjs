// The whole society as its user starts it, in a directory of its own: seconds until it says that it runs, the first time (all
// acts are played) and when it is found as it was left; memory of the whole process tree, chain node included, when it is ready.
// "At most" is the sum of what each process ever held at once. Peer: an empty Node.js process, and PGlite opened on nothing.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = new URL('../../agents/society/dist/main.js', import.meta.url).pathname;
const LIMIT_MS = 180_000;

/** A process and all below it, from /proc. */
function treeOf(pid) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [
          [
            Number(name),
            Number(
              readFileSync(`/proc/${name}/stat`, 'utf8')
                .replace(/^.*\) . /s, '')
                .split(' ')[0],
            ),
          ],
        ];
      } catch {
        return []; // gone meanwhile
      }
    });
  const tree = [pid];
  for (const known of tree) tree.push(...parents.filter(([, parent]) => parent === known).map(([child]) => child));
  return tree;
}

function memoryOf(pid) {
  const mib = (name) =>
    treeOf(pid).reduce(
      (sum, each) =>
        sum + Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1] ?? 0) / 1_024,
      0,
    );
  return { now: mib('VmRSS'), most: mib('VmHWM') };
}

/** Starts a program, waits for a line, measures, and ends it as Ctrl-C does. */
async function run(args, line) {
  const started = performance.now();
  // What sets this benchmark is no setting of the society, which refuses names that it does not know.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GRIDPASS_BENCH_')));
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let said = '';
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
        if (line.test(said)) resolve();
      });
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready:\n${said.slice(-600)}`)));
  });
  const seconds = (performance.now() - started) / 1_000;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const memory = memoryOf(child.pid);
  const ended = new Promise((resolve) => {
    child.removeAllListeners('exit').once('exit', resolve);
  });
  child.kill('SIGINT');
  await ended;
  clearTimeout(limit);
  return { seconds, ...memory };
}

export default async function bench({ table }) {
  const directory = mkdtempSync(join(tmpdir(), 'gridpass-bench-'));
  const port = 20_000 + (process.pid % 400) * 20;
  const society = [MAIN, '--directory', directory, '--port-base', String(port)];
  try {
    const empty = await run(['-e', 'console.log("up"); setInterval(() => undefined, 1000)'], /up/);
    const store = await run(
      [
        '--input-type=module',
        '-e',
        `import { openStore } from ${JSON.stringify(new URL('../../packages/store/dist/index.js', import.meta.url).href)}; const s = await openStore({ kind: 'pglite' }); await s.migrate(); console.log('up'); process.on('SIGINT', () => process.exit(0)); setInterval(() => undefined, 1000)`,
      ],
      /up/,
    );
    const first = await run(society, /society is running/);
    const again = await run(society, /as you left it/);
    table(
      ['process', 'ready after s', 'resident MiB', 'at most MiB', 'time to the store alone'],
      [
        ['empty Node.js', empty],
        ['the store alone, first open', store],
        ['society, first start with all acts', first],
        ['society, found again', again],
      ].map(([name, { seconds, now, most }]) => [
        name,
        seconds.toFixed(1),
        now.toFixed(0),
        most.toFixed(0),
        `${(seconds / store.seconds).toFixed(2)}x`,
      ]),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
