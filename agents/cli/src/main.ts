import process from 'node:process';
import { runCli } from './run-cli.js';

// A reader that went away (`gridpass … | head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  drawsOver: process.stderr.isTTY,
  env: process.env,
  directory: process.cwd(),
});
