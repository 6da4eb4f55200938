import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
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
    expect(told).toMatchObject([{ code: 'STORE_UNAVAILABLE' }, { code: 'INTERNAL' }]);
    expect(asked()).toBe(3);
  });

  it('are read no more by a program that stops', async () => {
    const { checking, asked } = started(async () => ok(7));
    await checking.stop();
    await jest.advanceTimersByTimeAsync(600_000);
    expect(asked()).toBe(0);
  });
});
