import { describe, expect, it } from '@jest/globals';
import { openSealedStream, sealStream } from '../sealed-stream.js';
import { concatBytes } from '../bytes.js';

const FORMAT = 'gridpass-test';
const PASSPHRASE = 'a passphrase of enough characters';
const CHUNK = 65_536;

async function* inPieces(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function gather(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return concatBytes(...parts);
}

const plain = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) % 251);
const seal = (bytes: Uint8Array, passphrase = PASSPHRASE): Promise<Uint8Array> => gather(sealStream(FORMAT, inPieces(bytes), passphrase));
const open = (bytes: Uint8Array, passphrase = PASSPHRASE): Promise<Uint8Array> =>
  gather(openSealedStream(FORMAT, inPieces(bytes, 7_777), passphrase));
const refused = (message: string) => expect.objectContaining({ code: 'ARCHIVE_INVALID', message: expect.stringContaining(message) });
const headerOf = (sealed: Uint8Array): number => sealed.indexOf(10) + 1;

describe('a sealed stream', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])('opens to what was sealed: %d bytes', async (length) => {
    expect(await open(await seal(plain(length)))).toEqual(plain(length));
  });

  it('tells a wrong passphrase from damage', async () => {
    await expect(open(await seal(plain(10)), 'another passphrase altogether')).rejects.toEqual(refused('the passphrase is not the one'));
  });

  it('takes a passphrase of twelve characters and none of eleven', async () => {
    await expect(seal(plain(1), 'x'.repeat(11))).rejects.toEqual(refused('at least 12 characters'));
    expect(await open(await seal(plain(1), 'x'.repeat(12)), 'x'.repeat(12))).toEqual(plain(1));
  });

  it('names the bytes where one was changed, and gives out nothing of them', async () => {
    const sealed = await seal(plain(CHUNK + 10));
    const second = headerOf(sealed) + CHUNK + 16;
    const changed = Uint8Array.from(sealed);
    changed[second + 3] = (changed[second + 3] ?? 0) ^ 1;
    await expect(open(changed)).rejects.toEqual(refused(`bytes ${second} to ${sealed.length - 1} are not what was sealed`));
  });

  it('is refused wherever one bit of it is changed', async () => {
    const sealed = await seal(plain(40));
    for (let at = 0; at < sealed.length; at += 23) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 4;
      await expect(open(changed)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    }
  });

  it('is refused where it is cut short, also between two chunks, and where something stands behind it', async () => {
    const sealed = await seal(plain(2 * CHUNK));
    const between = headerOf(sealed) + CHUNK + 16;
    for (const end of [between, between + 5])
      await expect(open(sealed.subarray(0, end))).rejects.toEqual(refused(`cut short after byte ${end}`));
    await expect(open(concatBytes(sealed, new Uint8Array(1)))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await expect(open(sealed.subarray(0, 40))).rejects.toEqual(refused('the first line is not that of a gridpass-test'));
  });

  it('opens in its own order alone', async () => {
    const sealed = await seal(plain(2 * CHUNK + 5));
    const [head, size] = [headerOf(sealed), CHUNK + 16];
    const [first, second] = [sealed.subarray(head, head + size), sealed.subarray(head + size, head + 2 * size)];
    const swapped = concatBytes(sealed.subarray(0, head), second, first, sealed.subarray(head + 2 * size));
    await expect(open(swapped)).rejects.toEqual(refused(`bytes ${head} to`));
  });

  it('opens as its own format alone, and not with a cost of its own', async () => {
    const sealed = await seal(plain(5));
    await expect(gather(openSealedStream('gridpass-other', inPieces(sealed), PASSPHRASE))).rejects.toEqual(
      refused('not that of a gridpass-other'),
    );
    const text = new TextDecoder().decode(sealed.subarray(0, headerOf(sealed))).replace('"N":65536', '"N":65535');
    await expect(open(concatBytes(new TextEncoder().encode(text), sealed.subarray(headerOf(sealed))))).rejects.toEqual(
      refused('the first line is not what was written'),
    );
  });
});
