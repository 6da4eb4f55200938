// Calls that run for ever or take all memory there is, against a real node.
import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { isError, type JsonObject } from '@gridpass/core';
import { startRig } from './rig.js';
import type { Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ trustedProxies: ['127.0.0.1'] });
});
afterAll(async () => {
  await rig.stop();
});

const ENDLESS = '0x7fffffffffffffff';
const SPIN = '0x5b600056';
/** PUSH4 0x0fffffff MLOAD: a quarter of a gigabyte in one step, at a price that grows with its square. */
const SWALLOW = '0x630fffffff51';
const call = (method: string, data: string, id = 1): JsonObject => ({
  jsonrpc: '2.0',
  id,
  method,
  params: [{ data, gas: ENDLESS }, 'latest'],
});
const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
/** The processes that this one started, and theirs. */
function descendants(of: string, names: readonly string[]): readonly string[] {
  const children = names.filter((name) => parentOf(name) === of);
  return [...children, ...children.flatMap((child) => descendants(child, names))];
}
function readProcess(name: string, file: string): string {
  try {
    return readFileSync(`/proc/${name}/${file}`, 'utf8');
  } catch (cause) {
    // Processes end while they are looked through.
    if (isError(cause) && 'code' in cause) return '';
    throw cause;
  }
}
const parentOf = (name: string): string | undefined => /PPid:\s+(\d+)/.exec(readProcess(name, 'status'))?.[1];
function nodeProcess(): string {
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = descendants(String(process.pid), names).find((name) => readProcess(name, 'cmdline').split('\0')[0]?.endsWith('anvil'));
  if (found === undefined) throw new Error('the node is not running');
  return found;
}
const residentKb = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${nodeProcess()}/status`, 'utf8'))?.[1]);

describe('a call without end', () => {
  it.each(['eth_call', 'eth_estimateGas'])('of %s ends with the gas it is given, over HTTP, in batches and on a socket', async (method) => {
    const single = await rig.rpc(call(method, SPIN), from('198.51.100.1'));
    expect(single).toMatchObject({ status: 200, json: { id: 1, error: { code: expect.any(Number) } } });
    const batch = await rig.rpc(
      Array.from({ length: 3 }, (_, id) => call(method, SPIN, id)),
      from('198.51.100.1'),
    );
    expect((batch.json as readonly JsonObject[]).map(({ error }) => error !== undefined)).toEqual([true, true, true]);
    const socket = new WebSocket(rig.gate.rpcUrl.replace('http', 'ws'), { headers: from('198.51.100.2') });
    await new Promise<void>((resolve) => socket.once('open', () => resolve()));
    const said = await new Promise<string>((resolve) => {
      socket.once('message', (bytes: Buffer) => resolve(bytes.toString()));
      socket.send(JSON.stringify(call(method, SPIN)));
    });
    expect(JSON.parse(said)).toMatchObject({ id: 1, error: { code: expect.any(Number) } });
    socket.close();
  });

  it('takes no memory of the node beyond what the gas pays for', async () => {
    const before = residentKb();
    await Promise.all(Array.from({ length: 12 }, (_, at) => rig.rpc(call('eth_call', SWALLOW), from(`198.51.100.${10 + at}`))));
    expect(residentKb() - before).toBeLessThan(128 * 1024);
  });

  it('is given up by those who ask and go, and another client is answered by a node that goes on', async () => {
    for (let round = 0; round < 30; round += 1) {
      const leaving = new AbortController();
      const asked = fetch(rig.gate.rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...from('198.51.100.3') },
        body: JSON.stringify(call('eth_call', SPIN)),
        signal: leaving.signal,
      });
      setImmediate(() => leaving.abort());
      await expect(asked).rejects.toThrow();
    }
    const other = await rig.rpc({ jsonrpc: '2.0', id: 7, method: 'eth_chainId', params: [] }, from('198.51.100.4'));
    expect(other.json).toMatchObject({ id: 7, result: '0x7a69' });
  });

  it('that fits is answered as before', async () => {
    // PUSH1 42, stored and returned.
    const answered = await rig.rpc(call('eth_call', '0x602a60005260206000f3'), from('198.51.100.5'));
    expect(answered.json).toMatchObject({ result: `0x${'0'.repeat(62)}2a` });
  });
});
