import { describe, expect, it, jest } from '@jest/globals';
import { Fault } from '@gridpass/core';
import { NOON, createFakeClock } from '@gridpass/testkit';
import { createReadiness, type ReadyState } from '../readiness.js';

const at = (seconds: number): string => new Date((NOON + seconds) * 1_000).toISOString().replace('.000', '');
const fails = async (): Promise<void> => {
  throw new Fault('STORE_UNAVAILABLE', 'postgres://gridpass:password@db.example does not answer');
};

describe('whether a program is ready', () => {
  it('says which dependency fails and since when, and no more of it than its name', async () => {
    const clock = createFakeClock(NOON);
    let ask = fails;
    const readiness = createReadiness({ clock, keepMs: 0, checks: [{ name: 'database', ask: () => ask() }] });
    expect(await readiness.state()).toEqual({ status: 'unready', checks: [{ name: 'database', status: 'failing', since: at(0) }] });
    clock.advance(7);
    expect(await readiness.state()).toMatchObject({ status: 'unready', checks: [{ since: at(0) }] });
    ask = async () => undefined;
    expect(await readiness.state()).toEqual({ status: 'ready', checks: [{ name: 'database', status: 'ok', since: at(7) }] });
  });

  it('shows what does not decide, and is ready without it', async () => {
    const readiness = createReadiness({ clock: createFakeClock(NOON), checks: [{ name: 'chain', ask: fails, decides: false }] });
    expect(await readiness.state()).toMatchObject({ status: 'ready', checks: [{ name: 'chain', status: 'failing' }] });
  });

  it('keeps an answer for a while, and asks once for all that want to know at the same time', async () => {
    let asked = 0;
    const readiness = createReadiness({
      clock: createFakeClock(NOON),
      keepMs: 600_000,
      checks: [{ name: 'database', ask: async () => void (asked += 1) }],
    });
    await Promise.all(Array.from({ length: 50 }, () => readiness.state()));
    await readiness.state();
    expect(asked).toBe(1);
  });

  it('asks nobody again who has not answered yet, and says that it fails', async () => {
    let asked = 0;
    let answer = (): void => undefined;
    const readiness = createReadiness({
      clock: createFakeClock(NOON),
      keepMs: 0,
      timeoutMs: 1,
      checks: [
        {
          name: 'database',
          ask: () => {
            asked += 1;
            return new Promise<void>((resolve) => {
              answer = resolve;
            });
          },
        },
      ],
    });
    expect((await readiness.state()).status).toBe('unready');
    expect((await readiness.state()).status).toBe('unready');
    expect(asked).toBe(1);
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    const asking = readiness.state();
    answer();
    expect((await asking).status).toBe('ready');
    expect(asked).toBe(2);
  });

  it('is draining at once when it takes its leave, whatever hangs', async () => {
    const readiness = createReadiness({
      clock: createFakeClock(NOON),
      timeoutMs: 600_000,
      checks: [{ name: 'database', ask: () => new Promise<void>(() => undefined) }],
    });
    readiness.drain();
    expect(await readiness.state()).toEqual({ status: 'draining', checks: [] });
  });

  it('tells of each change once, and of what nobody named', async () => {
    const onChange = jest.fn<(state: ReadyState) => void>();
    const onUnexpected = jest.fn<(error: unknown) => void>();
    let ask = async (): Promise<void> => undefined;
    const readiness = createReadiness({
      clock: createFakeClock(NOON),
      keepMs: 0,
      checks: [{ name: 'log', ask: () => ask() }],
      onChange,
      onUnexpected,
    });
    await readiness.state();
    expect(onChange).not.toHaveBeenCalled();
    const wrong = new TypeError('of ours');
    ask = async () => {
      throw wrong;
    };
    await readiness.state();
    await readiness.state();
    expect(onChange.mock.calls.map(([{ status }]) => status)).toEqual(['unready']);
    expect(onUnexpected.mock.calls).toEqual([[wrong], [wrong]]);
  });
});
