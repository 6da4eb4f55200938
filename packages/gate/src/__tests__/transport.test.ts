import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readBody, receiveBody } from '../transport.js';
import type { BodyTransport } from '../unread-body.js';

/** A request whose body a test writes, and the headers of its answer. */
function requestWith(headers: Readonly<Record<string, string>> = {}) {
  const body = new PassThrough();
  const answered: Record<string, string> = {};
  const transport = {
    req: Object.assign(body, {
      headers,
      complete: false,
      socket: Object.create({ destroyed: false, destroySoon: () => undefined }) as object,
    }),
    set: (name: string, value: string) => void (answered[name] = value),
  } as unknown as BodyTransport;
  return { body, answered, transport };
}

const readWith = (headers: Readonly<Record<string, string>>) => {
  const { body, transport } = requestWith(headers);
  body.end('a=b');
  return readBody(transport, 3, 60_000);
};

describe('a body that says it is not what it reads as', () => {
  it.each([
    ['compressed', { 'content-encoding': 'gzip' }],
    ['compressed after nothing was done to it', { 'content-encoding': 'identity, br' }],
    ['of an encoding without a name', { 'content-encoding': '' }],
    ['of Latin letters', { 'content-type': 'text/csv; charset=iso-8859-1' }],
    ['of UTF-16, in quotes and behind another parameter', { 'content-type': 'application/json; header=present; Charset="UTF-16"' }],
    ['of two charsets', { 'content-type': 'text/csv; charset=utf-8; charset=latin1' }],
    ['of a charset without a name', { 'content-type': 'text/csv; charset=' }],
  ])('is refused: %s', async (_what, headers) => {
    expect(await readWith(headers)).toMatchObject({ ok: false, refusal: { code: 'MEDIA_TYPE_UNSUPPORTED' } });
  });

  it.each([
    ['nothing said', {}],
    ['identity', { 'content-encoding': 'Identity' }],
    ['UTF-8', { 'content-type': 'text/csv; charset=UTF-8' }],
    ['UTF-8 in quotes', { 'content-type': 'text/csv;charset="utf-8" ; header=present' }],
  ])('is not one with %s', async (_what, headers) => {
    expect(await readWith(headers)).toMatchObject({ ok: true });
  });
});

describe('a body that is received', () => {
  it('may be as long as the bound and not a byte longer', async () => {
    for (const [text, ok] of [
      ['abc', true],
      ['abcd', false],
    ] as const) {
      const { body, transport, answered } = requestWith();
      body.end(text);
      const read = await readBody(transport, 3, 60_000);
      expect([read.ok, read.ok ? '' : read.refusal.code, answered]).toEqual(
        ok ? [true, '', {}] : [false, 'BODY_TOO_LARGE', { Connection: 'close' }],
      );
    }
  });

  it('and that the client breaks off is refused as a request of his, whatever had come', async () => {
    const { body, transport } = requestWith();
    body.write('half');
    const taken: string[] = [];
    const received = receiveBody(transport, { maxBytes: 100, timeoutMs: 60_000 }, async (chunk) => {
      taken.push(Buffer.from(chunk).toString());
      body.destroy(new Error('ECONNRESET'));
    });
    expect(await received).toMatchObject({ ok: false, refusal: { code: 'REQUEST_MALFORMED' } });
    expect(taken).toEqual(['half']);
  });

  it('is handed over one chunk at a time', async () => {
    const { body, transport } = requestWith();
    let open = 0;
    let most = 0;
    const received = receiveBody(transport, { maxBytes: 100, timeoutMs: 60_000 }, async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
    });
    for (const part of ['one', 'two', 'three']) {
      body.write(part);
      await new Promise((resolve) => setImmediate(resolve));
    }
    body.end();
    expect([await received, most, open]).toEqual([{ ok: true, value: true }, 1, 0]);
  });

  it('ends with the error of who takes it', async () => {
    const { body, transport } = requestWith();
    body.end('x');
    await expect(
      receiveBody(transport, { maxBytes: 100, timeoutMs: 60_000 }, async () => {
        throw new TypeError('full');
      }),
    ).rejects.toThrow('full');
  });
});

describe('a body that trickles', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
  afterEach(() => void jest.useRealTimers());

  it('has its time as a whole, however often a byte of it comes', async () => {
    const { body, transport, answered } = requestWith();
    let ended = false;
    const received = readBody(transport, 100, 1_000).finally(() => (ended = true));
    for (let at = 0; at < 999; at += 333) {
      body.write('x');
      await jest.advanceTimersByTimeAsync(333);
    }
    expect(ended).toBe(false);
    body.write('x');
    await jest.advanceTimersByTimeAsync(1);
    expect(await received).toMatchObject({ ok: false, refusal: { code: 'REQUEST_MALFORMED', detail: expect.stringContaining('1000 ms') } });
    expect(answered).toEqual({ Connection: 'close' });
  });
});
