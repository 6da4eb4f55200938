import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Fault, tenantId } from '@gridpass/core';
import type { AuditReceipt, AuditRecord } from '@gridpass/core';
import { NOON, createFakeClock } from '@gridpass/testkit';
import { createRefusalSummary } from '../refusal-summary.js';

const TENANT = tenantId('market');

describe('what anyone can cause', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function open() {
    const clock = createFakeClock(NOON);
    const records: AuditRecord[] = [];
    const log: { down: boolean; broken?: Error } = { down: false };
    const told: unknown[] = [];
    const audit = {
      appendRecord: async (_tenant: unknown, record: AuditRecord): Promise<AuditReceipt> => {
        if (log.down) throw new Fault('AUDIT_UNAVAILABLE', 'the log of the test is down');
        if (log.broken !== undefined) throw log.broken;
        records.push(record);
        return {} as AuditReceipt;
      },
    };
    const summary = createRefusalSummary({ tenant: TENANT, audit, clock, intervalSeconds: 60, onUnexpected: (error) => told.push(error) });
    return { clock, records, log, told, summary };
  }

  it('is one record for each interval, with counts by code, however often it happens', async () => {
    const { clock, records, summary } = open();
    for (let i = 0; i < 400; i += 1) summary.count(i % 4 === 0 ? 'EXPIRED' : 'PROOF_INVALID');
    await jest.advanceTimersByTimeAsync(59_999);
    expect(records).toEqual([]);
    clock.advance(60);
    await jest.advanceTimersByTimeAsync(1);
    expect(records).toMatchObject([
      {
        kind: 'refusal',
        action: 'refusal-summary',
        evidence: { from: NOON, until: NOON + 60, counts: { EXPIRED: 100, PROOF_INVALID: 300 } },
      },
    ]);
    expect(summary.counted.get('PROOF_INVALID')).toBe(300);
  });

  it('leaves no record of an interval in which nothing happened', async () => {
    const { records, summary } = open();
    await jest.advanceTimersByTimeAsync(600_000);
    await summary.flush();
    expect(records).toEqual([]);
  });

  it('is written down when the program stops', async () => {
    const { records, summary } = open();
    summary.count('REVOKED');
    await summary.flush();
    await jest.advanceTimersByTimeAsync(600_000);
    expect(records).toHaveLength(1);
  });

  it('is kept while the log is down, and told of once it is back', async () => {
    const { clock, records, log, told, summary } = open();
    summary.count('REVOKED');
    log.down = true;
    await expect(summary.flush()).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    summary.count('REVOKED');
    clock.advance(120);
    await jest.advanceTimersByTimeAsync(60_000);
    log.down = false;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(records).toMatchObject([{ evidence: { from: NOON, until: NOON + 120, counts: { REVOKED: 2 } } }]);
    expect(told).toEqual([]);
  });

  it('tells what the timer meets and nobody named, each time, and keeps the counts', async () => {
    const { records, log, told, summary } = open();
    summary.count('REVOKED');
    log.broken = new TypeError('a mistake of ours');
    await jest.advanceTimersByTimeAsync(120_000);
    expect(told).toEqual([log.broken, log.broken]);
    delete log.broken;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(records).toMatchObject([{ evidence: { counts: { REVOKED: 1 } } }]);
    expect(told).toHaveLength(2);
  });

  it('is asked for no more once it is closed', async () => {
    const { log, told, summary } = open();
    summary.count('REVOKED');
    log.down = true;
    await summary.close();
    log.broken = new TypeError('a mistake of ours');
    log.down = false;
    await jest.advanceTimersByTimeAsync(600_000);
    expect({ told, timers: jest.getTimerCount() }).toEqual({ told: [], timers: 0 });
  });
});
