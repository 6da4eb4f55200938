import type { Instant } from '@gridpass/core';

/** Lets so many through at once and so many a minute, for each name; remembers a bounded number of names. */
export interface RateBucket {
  /** Takes `count` at once, or nothing and answers false; 1 unless told. More than the burst never passes. */
  take(name: string, at: Instant, count?: number): boolean;
}

/** A bucket for each name. A name that was forgotten starts full: the bound on memory is worth that. */
export function createRateBucket(limit: { readonly burst: number; readonly perMinute: number }, maxNames = 10_000): RateBucket {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take: (name, at, count = 1) => {
      const known = buckets.get(name) ?? { left: limit.burst, at };
      // A clock that steps back fills nothing.
      const left = Math.min(limit.burst, known.left + (Math.max(0, at - known.at) * limit.perMinute) / 60);
      buckets.delete(name);
      buckets.set(name, { left: left >= count ? left - count : left, at });
      if (buckets.size > maxNames) {
        for (const oldest of buckets.keys()) {
          buckets.delete(oldest);
          break;
        }
      }
      return left >= count;
    },
  };
}
