// Processes of the tests that do much in WebAssembly.
import { spawn } from 'node:child_process';

/** What V8 ends its own process with; nothing of ours sends these. */
const OF_V8 = new Set(['SIGABRT', 'SIGSEGV', 'SIGILL', 'SIGTRAP']);

/**
 * Runs Node with these arguments to its end: what it ended with and what it printed, where that is piped. V8 now and then ends a
 * process as it frees WebAssembly; then it is said, and the process is begun once more. Nothing else is tried again.
 */
export async function runNode(args, options, say = (line) => void process.stderr.write(`${line}\n`)) {
  const first = await endOf(args, options);
  if (first.signal === null || !OF_V8.has(first.signal)) return first;
  say(`${args.at(-1)}: V8 ended its process with ${first.signal}; once more`);
  return endOf(args, options);
}

function endOf(args, options) {
  const child = spawn(process.execPath, args, options);
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout }));
  });
}
