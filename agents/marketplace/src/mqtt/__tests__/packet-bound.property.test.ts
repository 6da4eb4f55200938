import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPacketBound } from '../packet-bound.js';

/** MQTT 3.1.1, 2.2.3: seven bits a byte, the least significant first. */
function encodeLength(length: number): readonly number[] {
  const rest = Math.floor(length / 128);
  return rest === 0 ? [length] : [(length % 128) | 0x80, ...encodeLength(rest)];
}

const packetOf = (first: number, body: Uint8Array): Buffer => Buffer.from([first, ...encodeLength(body.length), ...body]);

/** Writes the chunks; what came out, and whether the stream was ended. */
function pass(maxBytes: number, chunks: readonly Uint8Array[]): Promise<{ readonly bytes: Buffer; readonly ended: boolean }> {
  return new Promise((resolve) => {
    const bound = createPacketBound(maxBytes);
    const out: Buffer[] = [];
    bound.on('data', (chunk: Buffer) => out.push(chunk));
    bound.on('error', () => resolve({ bytes: Buffer.concat(out), ended: true }));
    bound.on('end', () => resolve({ bytes: Buffer.concat(out), ended: false }));
    for (const chunk of chunks) bound.write(chunk);
    bound.end();
  });
}

function chunked(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

const packets = fc.array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 400 })), { maxLength: 8 });
const cuts = fc.array(fc.nat(5000), { maxLength: 40 });

describe('the packet bound', () => {
  it('passes every valid stream on unchanged, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(packets, cuts, async (list, places) => {
        const bytes = Buffer.concat(list.map(([first, body]) => packetOf(first, body)));
        const passed = await pass(400, chunked(bytes, places));
        expect(passed.ended).toBe(false);
        expect(passed.bytes.equals(bytes)).toBe(true);
      }),
    );
  });

  it('ends at the length of a packet that is too large, before any of its body', async () => {
    await fc.assert(
      fc.asyncProperty(packets, fc.integer({ min: 401, max: 268_435_455 }), cuts, async (list, length, places) => {
        const before = Buffer.concat(list.map(([first, body]) => packetOf(first, body)));
        const passed = await pass(400, chunked(Buffer.concat([before, Buffer.from([0x30, ...encodeLength(length)])]), places));
        expect(passed.ended).toBe(true);
        expect(passed.bytes.length).toBeLessThanOrEqual(before.length + 5);
      }),
    );
  });

  it.each([
    ['five length bytes', [0x10, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a length that never ends', [0x10, ...Array.from({ length: 20 }, () => 0x80)]],
  ])('ends at %s', async (_what, bytes) => {
    expect((await pass(268_435_455, [Buffer.from(bytes)])).ended).toBe(true);
  });

  it('takes a packet of exactly the bound', async () => {
    expect((await pass(3, [packetOf(0x30, new Uint8Array(3)), packetOf(0xc0, new Uint8Array(0))])).ended).toBe(false);
  });
});
