import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { runCli } from './run-cli.js';

// A reader that went away (`gridpass … | head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

/** Asked on standard error, so that standard output stays the answer's. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

const { NO_COLOR, TERM } = process.env;

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  drawsOver: process.stderr.isTTY,
  colours: process.stdout.isTTY && (NO_COLOR ?? '') === '' && TERM !== 'dumb',
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
  env: process.env,
  directory: process.cwd(),
});
