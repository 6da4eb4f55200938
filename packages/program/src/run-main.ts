import process from 'node:process';
import { Fault, InputError, isError } from '@gridpass/core';
import { prepareWasmHost } from '@gridpass/codec';

/** A program under way. */
export interface Running {
  close(): Promise<void>;
  /** Takes leave at SIGTERM: done when those in front of the program have had the time to notice. */
  drain?(): Promise<void>;
  /** Reads again what may change while the program runs, at each SIGHUP; a SIGHUP ends a program without it. */
  reload?(): Promise<void>;
  /** The most that drain and close may take together, in seconds; 60 unless given. */
  readonly endsWithinSeconds?: number;
  /** Settles when the program has nothing left to do; one that has no end leaves it out. */
  readonly done?: Promise<void>;
}

/**
 * Runs a program until a signal ends it, or until it is done (one that starts nothing ends at once): it is closed once, in
 * order, and the process exits by itself, or within a bound. What prevents the start or the end is one line with a stable code on standard
 * error and exit code 1; a stack is shown only for what is unexpected.
 */
export async function runMain(start: () => Promise<Running | undefined>): Promise<void> {
  // Listened for from the beginning: a signal during the start closes what was started, the same one again ends at once.
  const signals = listenForSignals();
  try {
    prepareWasmHost();
    const running = await start();
    if (running === undefined) return;
    signals.hangUp(running.reload?.bind(running));
    let ended: NodeJS.Signals | 'done' | undefined;
    try {
      ended = await Promise.race([signals.end, ...(running.done === undefined ? [] : [running.done.then(() => 'done' as const)])]);
    } finally {
      await end(running, ended);
    }
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exitCode = 1;
  }
}

/** Who presses Ctrl-C waits for nobody; a SIGTERM comes from what also tells others where the program is. */
async function end(running: Running, why: NodeJS.Signals | 'done' | undefined): Promise<void> {
  const { endsWithinSeconds = 60 } = running;
  const late = setTimeout(() => {
    process.stderr.write(`INTERNAL: the program did not end within ${endsWithinSeconds} seconds and was ended\n`);
    process.exit(1);
  }, endsWithinSeconds * 1_000);
  try {
    if (why === 'SIGTERM') await running.drain?.();
  } finally {
    try {
      await running.close();
    } finally {
      // What is left open keeps the process no longer than the bound, and the bound keeps none that has nothing left.
      late.unref();
    }
  }
}

interface Signals {
  /** The signal that ends the program. */
  readonly end: Promise<NodeJS.Signals>;
  /** What SIGHUP does from now on, and did already if it came during the start: nobody knows what of the old was read by then. */
  hangUp(reload: (() => Promise<void>) | undefined): void;
}

function listenForSignals(): Signals {
  let end: (signal: NodeJS.Signals) => void = () => undefined;
  const ended = new Promise<NodeJS.Signals>((resolve) => {
    end = resolve;
  });
  let early = false;
  const noteEarly = (): void => {
    early = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  // Each of them: certificates of two listeners are renewed by two hooks, and what nobody listens for ends the process.
  process.on('SIGHUP', noteEarly);
  return {
    end: ended,
    hangUp: (reload) => {
      process.off('SIGHUP', noteEarly);
      // What a reload met is told by itself; what it throws beside that is a fault of this program and ends it.
      const act = reload === undefined ? () => end('SIGHUP') : () => void reload();
      if (reload !== undefined) process.on('SIGHUP', act);
      else if (!early) process.once('SIGHUP', act);
      if (early) act();
    },
  };
}

/** One line for people and programs: the code first. */
export function describeFailure(error: unknown): string {
  if (error instanceof Fault || error instanceof InputError) return `${error.code}: ${error.message}`;
  return isError(error) ? `INTERNAL: ${error.stack ?? error.message}` : 'INTERNAL: something that is no error was thrown';
}
