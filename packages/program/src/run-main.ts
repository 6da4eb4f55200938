import process from 'node:process';
import { Fault, InputError, isError } from '@gridpass/core';
import { prepareWasmHost } from '@gridpass/codec';

/** A program under way. */
export interface Running {
  close(): Promise<void>;
  /** Settles when the program has nothing left to do; one that has no end leaves it out. */
  readonly done?: Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a program until a signal ends it, or until it is done (one that starts nothing ends at once): it is closed once, in
 * order, and the process exits by itself. What prevents the start or the end is one line with a stable code on standard
 * error and exit code 1; a stack is shown only for what is unexpected.
 */
export async function runMain(start: () => Promise<Running | undefined>): Promise<void> {
  // Listened for from the beginning: a signal during the start closes what was started, the same one again ends at once.
  const signal = nextSignal();
  try {
    prepareWasmHost();
    const running = await start();
    if (running === undefined) return;
    try {
      await Promise.race([signal, ...(running.done === undefined ? [] : [running.done])]);
    } finally {
      await running.close();
    }
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exitCode = 1;
  }
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve());
  });
}

/** One line for people and programs: the code first. */
export function describeFailure(error: unknown): string {
  if (error instanceof Fault || error instanceof InputError) return `${error.code}: ${error.message}`;
  return isError(error) ? `INTERNAL: ${error.stack ?? error.message}` : 'INTERNAL: something that is no error was thrown';
}
