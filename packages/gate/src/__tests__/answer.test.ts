import { describe, expect, it } from '@jest/globals';
import { Fault, InputError, type RequestId } from '@gridpass/core';
import { createErrorMapper, saySoon, toUnexpectedEvent, turnAway } from '../answer.js';
import type { GateEvent } from '../settings.js';

describe('when to come again', () => {
  const said = (status: number, before?: string): string | undefined => {
    const headers = new Map<string, unknown>(before === undefined ? [] : [['Retry-After', before]]);
    const res = { hasHeader: (name: string) => headers.has(name), setHeader: (name: string, value: unknown) => headers.set(name, value) };
    saySoon({ status, res: res as never });
    return headers.get('Retry-After') as string | undefined;
  };

  it.each([429, 503])('is said with each %i, and not over what a limit has counted', (status) => {
    expect([said(status), said(status, '17')]).toEqual(['5', '17']);
  });

  it.each([200, 400, 401, 409, 500])('is not said with a %i', (status) => {
    expect(said(status)).toBeUndefined();
  });
});

const SECRET = 'credential-of-anna';

describe('what an error leaves in the log and in an answer', () => {
  it.each([
    ['its class, of an error', new TypeError(SECRET), { cause: 'TypeError' }],
    [
      'its class and its code, where it has one',
      Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' }),
      { cause: 'Error (ECONNREFUSED)' },
    ],
    ['no code that may quote something', Object.assign(new Error(SECRET), { code: SECRET }), { cause: 'Error' }],
    ['nothing, of what is no error', SECRET, {}],
    ['nothing, of an object that looks like one', { name: SECRET, message: SECRET }, {}],
  ])('is %s that no answer tells of', (_what, error, more) => {
    expect(toUnexpectedEvent(error)).toEqual({ kind: 'work', requestId: '', status: 500, code: 'INTERNAL', ...more });
  });

  const answerTo = async (error: unknown) => {
    const events: GateEvent[] = [];
    const headers = new Map<string, unknown>();
    const res = { hasHeader: (name: string) => headers.has(name), setHeader: () => undefined };
    const ctx = {
      state: { requestId: 'request' },
      set: (name: string, value: string) => headers.set(name, value),
      req: { complete: true },
      res,
      status: 0,
      body: {},
    };
    await createErrorMapper((event) => events.push(event))(ctx as never, async () => {
      throw error;
    });
    return { status: ctx.status, body: ctx.body, events };
  };

  it.each([
    ['a mistake of ours', new RangeError(SECRET), 500, 'INTERNAL', { cause: 'RangeError' }],
    ['what is no error', SECRET, 500, 'INTERNAL', {}],
    ['a fault', new Fault('STORE_UNAVAILABLE', SECRET, { cause: new TypeError(SECRET) }), 503, 'STORE_UNAVAILABLE', { cause: 'TypeError' }],
    ['a fault without a cause', new Fault('STORE_UNAVAILABLE', SECRET), 503, 'STORE_UNAVAILABLE', {}],
    ['an input', new InputError('REQUEST_MALFORMED', SECRET), 400, 'REQUEST_MALFORMED', {}],
  ])('is a code and a class, of %s', async (_what, error, status, code, more) => {
    expect(await answerTo(error)).toEqual({
      status,
      body: { code, requestId: 'request' },
      events: [{ requestId: 'request', status, code, ...more }],
    });
  });

  it('is a code of a refusal, without its detail, and nothing of it where no mapper is in place', async () => {
    const refused = turnAway('request' as RequestId, { kind: 'refusal', code: 'PROOF_INVALID', stage: 'prove', detail: SECRET });
    const answered = await answerTo(refused);
    expect(answered.body).toEqual({ code: 'PROOF_INVALID', requestId: 'request' });
    expect(JSON.stringify([answered, refused.message])).not.toContain(SECRET);
    // Koa shows the message of an error that says so.
    expect(refused.expose).toBe(false);
  });
});
