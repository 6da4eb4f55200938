import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AuditLog } from '@gridpass/audit';
import { Fault, ok, refuse, tenantId, type Outcome } from '@gridpass/core';
import { startEntryCheck } from '../entry-check.js';
import type { ProgramEvent } from '../program-event.js';

const tenant = tenantId('dso');
const failing = (error: Error) => (): Promise<Outcome<number>> => Promise.reject(error);
const tooOften = failing(new Error('asked too often'));

describe('the entries of a log after a start', () => {
  // Node's own timers of promises are not the test's: nothing here waits for a page.
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function started(...answers: readonly (() => Promise<Outcome<number>>)[]) {
    const told: ProgramEvent[] = [];
    let asked = 0;
    const checkEntries = (): Promise<Outcome<number>> => (answers[asked++] ?? tooOften)();
    const checking = startEntryCheck({ log: { checkEntries }, tenant, tell: (event) => told.push(event) });
    return { told, checking, asked: () => asked };
  }

  it('are read once, not before the start is over, and a sound log is no news', async () => {
    const { told, asked } = started(async () => ok(7));
    expect(asked()).toBe(0);
    await jest.advanceTimersByTimeAsync(600_000);
    expect({ told, asked: asked() }).toEqual({ told: [], asked: 1 });
  });

  it('are told loudly where they do not match, once', async () => {
    const { told, asked } = started(async () => refuse('LOG_INCONSISTENT', 'audit', 'entry 3 is not the one that was written'));
    await jest.advanceTimersByTimeAsync(600_000);
    expect(told).toEqual([
      { kind: 'fault', code: 'AUDIT_UNAVAILABLE', tenant, detail: 'the log is given up: entry 3 is not the one that was written' },
    ]);
    expect(asked()).toBe(1);
  });

  it('are asked for again after a store that did not answer, and after what nobody named', async () => {
    const { told, asked } = started(
      failing(new Fault('STORE_UNAVAILABLE', 'down')),
      failing(new TypeError('a mistake of ours')),
      async () => ok(7),
    );
    await jest.advanceTimersByTimeAsync(600_000);
    const detail = 'the entries of the log are not checked yet';
    expect(told).toMatchObject([
      { code: 'STORE_UNAVAILABLE', detail },
      // Its class and not its message, which may hold anything.
      { code: 'INTERNAL', detail: `${detail}: TypeError` },
    ]);
    expect(asked()).toBe(3);
  });

  it('are asked for twice as late after each fault, and never more than five minutes later', async () => {
    const at: number[] = [];
    const start = Date.now();
    const down = (): Promise<never> => {
      at.push((Date.now() - start) / 1_000);
      return Promise.reject(new Fault('STORE_UNAVAILABLE', 'down'));
    };
    const { told } = started(...Array.from({ length: 10 }, () => down));
    await jest.advanceTimersByTimeAsync(1_110_000);
    expect(at.map((second, n) => second - (at[n - 1] ?? 0))).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    expect(told).toHaveLength(10);
  });

  it('are read on from the last page that was held, after a fault, and soon once a page was read', async () => {
    const head = { size: 500, root: new Uint8Array(32) };
    const asked: { readonly from: unknown; readonly at: number }[] = [];
    const start = Date.now();
    const answers = [false, false, true, false];
    const checkEntries: AuditLog['checkEntries'] = (_tenant, goOn, from) => {
      asked.push({ from, at: (Date.now() - start) / 1_000 });
      const read = answers.shift();
      if (read === undefined) return Promise.resolve(ok(7));
      if (read) void goOn(head);
      return Promise.reject(new Fault('STORE_UNAVAILABLE', 'down'));
    };
    startEntryCheck({ log: { checkEntries }, tenant, tell: () => undefined });
    await jest.advanceTimersByTimeAsync(600_000);
    // 2, then 4 and 8 after faults, then 4 again because a page was read before the next one.
    expect(asked.map(({ at }) => at)).toEqual([2, 6, 14, 18, 26]);
    expect(asked.map(({ from }) => from)).toEqual([undefined, undefined, undefined, head, head]);
  });

  it('are read no more by a program that stops', async () => {
    const { checking, asked } = started(async () => ok(7));
    await checking.stop();
    await jest.advanceTimersByTimeAsync(600_000);
    expect(asked()).toBe(0);
  });
});
