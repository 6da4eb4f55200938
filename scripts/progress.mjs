// Says what is being done, how long it usually takes, and that it goes on. All of it on standard error: standard output is the program's.
import { spawn } from 'node:child_process';

const TERMINAL = process.stderr.isTTY === true;
/** A terminal counts the seconds in one line; a log gets a line of its own only so often. */
const TICK_MS = TERMINAL ? 1000 : 15_000;

/**
 * Runs a program quietly and tells how it goes. `watch` may read each line that it prints and answer with what is being done now.
 * Resolves with the exit code and all that was said, which the caller shows when something went wrong.
 */
export async function toldRun(what, command, args, { watch = () => undefined, ...options } = {}) {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  let now = '';
  let open = false;
  const show = () => {
    const text = `${what} ... ${seconds()} s${now === '' ? '' : `, ${now}`}`;
    process.stderr.write(TERMINAL ? `\r\x1b[2K${text}` : `${text}\n`);
    open = TERMINAL;
  };
  process.stderr.write(TERMINAL ? `${what} ...` : `${what} ...\n`);
  open = TERMINAL;
  const ticking = setInterval(show, TICK_MS);
  try {
    const result = await runQuietly(command, args, options, (line) => (now = watch(line) ?? now));
    process.stderr.write(`${open ? '\r\x1b[2K' : ''}${what}: ${result.code === 0 ? 'done' : 'failed'} after ${seconds()} s\n`);
    return result;
  } finally {
    clearInterval(ticking);
  }
}

/** Runs a program and resolves with its exit code and what it said, on both streams and on standard output alone. */
export function runQuietly(command, args, options = {}, onLine = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let said = '';
    let stdout = '';
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        lines.forEach(onLine);
      });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 1, said, stdout }));
  });
}
