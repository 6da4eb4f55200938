import process from 'node:process';
import { z } from 'zod';
import { startFromConfig } from '../index.js';

// A program of its own for the test beside it: says when it runs and each time it is closed.
await startFromConfig(
  z.strictObject({ name: z.string().describe('what it says'), ends: z.boolean().default(false) }),
  async ({ name, ends }) => {
    const alive = setInterval(() => undefined, 1000);
    process.stdout.write(`running ${name}\n`);
    return {
      ...(ends ? { done: Promise.resolve() } : {}),
      close: async () => {
        clearInterval(alive);
        process.stdout.write('closed\n');
      },
    };
  },
);
