import { once } from 'node:events';
import process from 'node:process';
import { Fault } from '@gridpass/core';
import { z } from 'zod';
import { startFromConfig } from '../start-from-config.js';

// A program of its own for the test beside it: says when it runs and each time it is closed.
await startFromConfig(
  z.strictObject({
    name: z.string().describe('what it says'),
    ends: z.boolean().default(false),
    reloads: z.boolean().default(false),
    fails: z.boolean().default(false),
    startsSlowly: z.boolean().default(false),
  }),
  async ({ name, ends, fails, reloads, startsSlowly }, closers) => {
    const alive = setInterval(() => undefined, 1000);
    closers.add(() => clearInterval(alive));
    closers.add(() => void process.stdout.write('closed\n'));
    if (fails) throw new Fault('PORT_BUSY', 'the port is taken');
    if (startsSlowly) {
      process.stdout.write('starting\n');
      // Until the test has said what it has to say.
      await once(process.stdin.resume(), 'end');
    }
    process.stdout.write(`running ${name}\n`);
    if (reloads) return { reload: async () => void process.stdout.write('read again\n') };
    return ends ? { done: Promise.resolve() } : undefined;
  },
);
