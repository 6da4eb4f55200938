import { describe, expect, it } from '@jest/globals';
import { saySoon } from '../answer.js';

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
