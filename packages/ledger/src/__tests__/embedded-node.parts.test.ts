import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JsonRpcProvider } from 'ethers';
import { launchEmbeddedNode } from '../index.js';
import type { EmbeddedNode } from '../index.js';

const ACCOUNT = `0x${'12'.repeat(20)}`;
let directory: string;
const started: EmbeddedNode[] = [];

async function launch(options: Partial<Parameters<typeof launchEmbeddedNode>[0]> = {}): Promise<EmbeddedNode> {
  const node = await launchEmbeddedNode({ developmentAccounts: 0, ...options });
  started.push(node);
  return node;
}

async function ask(node: EmbeddedNode, method: string, params: unknown[] = []): Promise<unknown> {
  const provider = new JsonRpcProvider(node.rpcUrl, node.chainId, { staticNetwork: true });
  try {
    return await provider.send(method, params);
  } finally {
    provider.destroy();
  }
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gridpass-node-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((node) => node.stop()));
  await rm(directory, { recursive: true, force: true });
});

describe('the embedded node', () => {
  it('answers on a free port with the chain id asked for', async () => {
    const [one, two] = await Promise.all([launch({ chainId: 4242 }), launch()]);
    expect(one.rpcUrl).not.toBe(two.rpcUrl);
    expect(await ask(one, 'eth_chainId')).toBe('0x1092');
    expect(await ask(one, 'eth_accounts')).toEqual([]);
    expect(await ask(two, 'eth_gasPrice')).toBe('0x0');
  });

  it('names the port when it is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => {
      server.once('listening', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(launch({ port })).rejects.toMatchObject({ code: 'PORT_BUSY' });
    server.close();
  });

  it('keeps its state over a graceful stop', async () => {
    const stateFile = join(directory, 'chain', 'state.json');
    const first = await launch({ stateFile });
    await ask(first, 'anvil_setBalance', [ACCOUNT, '0x7b']);
    await ask(first, 'evm_mine');
    await first.stop();
    expect(await first.ended).toBe(0);
    const second = await launch({ stateFile });
    expect(await ask(second, 'eth_getBalance', [ACCOUNT, 'latest'])).toBe('0x7b');
    expect(await ask(second, 'eth_blockNumber')).toBe('0x1');
  });

  it('takes the last good copy when the state file is damaged', async () => {
    const stateFile = join(directory, 'state.json');
    const first = await launch({ stateFile });
    await ask(first, 'anvil_setBalance', [ACCOUNT, '0x7b']);
    await first.stop();
    const whole = await readFile(stateFile, 'utf8');
    await writeFile(stateFile, whole.slice(0, whole.length / 2));
    const second = await launch({ stateFile });
    expect(second.recovered).toBe(true);
    expect(await ask(second, 'eth_getBalance', [ACCOUNT, 'latest'])).toBe('0x7b');
  });

  it('says what to do when the state file is damaged and there is no copy', async () => {
    const stateFile = join(directory, 'state.json');
    await writeFile(stateFile, '{"block": ');
    await expect(launch({ stateFile })).rejects.toThrow(/damaged and has no good copy; move it away/);
    await expect(launch({ stateFile })).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' });
  });

  it('ends with the program that started it, even when that is killed', async () => {
    // The parent is a plain program that holds the pipe exactly as the launcher does, and is killed with SIGKILL.
    const source = await readFile(new URL('../embedded-node.ts', import.meta.url), 'utf8');
    const script = /const WATCHED = `([^`]*)`/.exec(source)?.[1] ?? '';
    expect(script).not.toBe('');
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `
      const child = require('node:child_process').spawn('/bin/sh', ['-c', ${JSON.stringify(script)}, '/bin/sleep', '3600'], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
      child.once('spawn', () => console.log(child.pid));
    `,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (text: Buffer) => {
        resolve(Number(text.toString()));
      }),
    );
    parent.kill('SIGKILL');
    const gone = async (): Promise<boolean> => {
      for (let attempt = 0; attempt < 500; attempt += 1) {
        try {
          process.kill(-pid, 0);
        } catch {
          return true;
        }
        await new Promise((resolve) => {
          setTimeout(resolve, 10);
        });
      }
      return false;
    };
    expect(await gone()).toBe(true);
  });
});
