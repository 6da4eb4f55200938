import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import process from 'node:process';

/**
 * Below what kernels give to outgoing connections and to `listen(0)` (Linux from 32768 on, others from 49152): those would take a port
 * between the moment it was found free and the moment its program listens. Each process of tests looks in a lane of its own.
 */
const FIRST = 10_000;
const LANES = 220;
const WIDTH = 100;

const lane = FIRST + (process.pid % LANES) * WIDTH;
let next = randomInt(WIDTH);

/** A port of the loopback that nobody listens on, and that the kernel hands to nobody by itself. */
export function freePort(): Promise<number> {
  return freePorts(1);
}

/** The first of so many of them side by side; never the one of the call before. */
export async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < WIDTH; tries += 1) {
    if (next + count > WIDTH) next = 0;
    const base = lane + next;
    next += count;
    const free = await Promise.all(Array.from({ length: count }, (_, at) => isFree(base + at)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no ${String(count)} free ports from ${String(lane)} to ${String(lane + WIDTH - 1)}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
