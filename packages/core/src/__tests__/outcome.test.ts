import { describe, expect, it } from '@jest/globals';
import { Fault, InputError, assertOk, instant, ok, refuse, tenantId } from '../index.js';

describe('outcome', () => {
  it('carries a value or a frozen refusal', () => {
    expect(ok(1)).toEqual({ ok: true, value: 1 });
    const refused = refuse('REVOKED', 'status', 'bit set');
    expect(refused.refusal).toEqual({ kind: 'refusal', code: 'REVOKED', stage: 'status', detail: 'bit set' });
    expect(Object.isFrozen(refused.refusal)).toBe(true);
  });

  it('turns a refusal into an error with the same code at an edge', () => {
    expect(assertOk(ok('x'))).toBe('x');
    expect(() => assertOk(refuse('EXPIRED', 'prove', 'validUntil'))).toThrow(expect.objectContaining({ code: 'EXPIRED' }));
  });

  it('keeps the cause of a fault', () => {
    const cause = new Error('socket');
    expect(new Fault('STORE_UNAVAILABLE', 'no answer', { cause })).toMatchObject({ code: 'STORE_UNAVAILABLE', cause });
  });
});

describe('instant and tenantId', () => {
  it.each([-1, 1.5, NaN, Infinity, 253_402_300_800])('refuses %p as an instant', (n) => {
    expect(() => instant(n)).toThrow(InputError);
  });

  it.each(['', 'A', '-a', 'a-', 'a_b', 'a'.repeat(64)])('refuses %p as a tenant', (text) => {
    expect(() => tenantId(text)).toThrow(InputError);
  });
});
