import { instant, type Clock, type Instant } from '@gridpass/core';

/** A clock whose hands a test turns. */
export interface FakeClock extends Clock {
  advance(seconds: number): void;
  set(at: Instant): void;
}

/** Starts at `at`, 2026-06-01T00:00:00Z unless told. */
export function createFakeClock(at: Instant = instant(1_780_272_000)): FakeClock {
  let now = at;
  return {
    now: () => now,
    advance: (seconds) => {
      now = instant(now + seconds);
    },
    set: (to) => {
      now = to;
    },
  };
}
