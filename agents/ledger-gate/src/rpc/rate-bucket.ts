import type { Instant } from '@gridpass/core';

/** Lets so many through at once and so many a minute, for each name; remembers a bounded number of names. */
export interface RateBucket {
  take(name: string, at: Instant): boolean;
}

/** A bucket for each name. A name that was forgotten starts full: the bound on memory is worth that. */
export function createRateBucket(limit: { readonly burst: number; readonly perMinute: number }, maxNames = 10_000): RateBucket {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take: (name, at) => {
      const known = buckets.get(name) ?? { left: limit.burst, at };
      // A clock that steps back fills nothing.
      const left = Math.min(limit.burst, known.left + (Math.max(0, at - known.at) * limit.perMinute) / 60);
      buckets.delete(name);
      buckets.set(name, { left: Math.max(0, left - 1), at });
      if (buckets.size > maxNames) {
        for (const oldest of buckets.keys()) {
          buckets.delete(oldest);
          break;
        }
      }
      return left >= 1;
    },
  };
}
