import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { freePort, freePorts } from '../index.js';

describe('freePort', () => {
  it('names ports below those that a kernel hands out by itself, another one each time', async () => {
    const ports = [await freePort(), await freePort(), await freePorts(8), await freePort()];
    expect(new Set(ports).size).toBe(4);
    expect(ports.filter((port) => port < 10_000 || port >= 32_768)).toEqual([]);
  });

  it('passes over a port that is taken, alone or in a row', async () => {
    const taken = (await freePort()) + 1;
    const server = createServer();
    const listening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(taken, '127.0.0.1', () => resolve(true));
    });
    const row = await freePorts(8);
    expect([taken >= row && taken < row + 8, (await freePort()) === taken]).toEqual([false, false]);
    if (listening) await new Promise((resolve) => server.close(resolve));
  });
});
