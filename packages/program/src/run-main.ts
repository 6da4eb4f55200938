import process from 'node:process';
import { Fault, InputError } from '@gridpass/core';

/** A program under way. */
export interface Running {
  close(): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a program until a signal ends it (one that starts nothing ends at once): it is closed once, in order, and the process exits by itself. What prevents the
 * start is one line with a stable code on standard error and exit code 1; a stack is shown only for what is unexpected.
 */
export async function runMain(start: () => Promise<Running | undefined>): Promise<void> {
  let running: Running | undefined;
  try {
    running = await start();
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exitCode = 1;
    return;
  }
  if (running === undefined) return;
  await new Promise<void>((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve());
  });
  await running.close();
}

/** One line for people and programs: the code first. */
export function describeFailure(error: unknown): string {
  if (error instanceof Fault || error instanceof InputError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `INTERNAL: ${error.stack ?? error.message}` : 'INTERNAL: something that is no error was thrown';
}
