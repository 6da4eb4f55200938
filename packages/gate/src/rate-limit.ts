import { ok, refuse } from '@gridpass/core';
import type { Instant, Outcome } from '@gridpass/core';
import { createBoundedMap } from './bounded-map.js';

/** At most `burst` at once and `perMinute` in the long run, for each key. */
export interface RateLimit {
  readonly burst: number;
  readonly perMinute: number;
}

export interface RateLimiter {
  /** RATE_LIMITED when the key has used up what it may. */
  take(key: string, at: Instant): Outcome<true>;
}

/**
 * Token buckets in bounded memory. Whoever brings very many keys pushes out old buckets and starts afresh with each,
 * which is why one more bucket counts everybody together.
 */
export function createRateLimiter(limit: RateLimit, everybody: RateLimit, capacity: number): RateLimiter {
  const buckets = createBoundedMap<Bucket>(capacity);
  let shared: Bucket | undefined;
  return {
    take(key, at) {
      const own = drain(buckets.read(key), limit, at);
      const all = drain(shared, everybody, at);
      if (own === undefined || all === undefined)
        return refuse('RATE_LIMITED', 'transport', own === undefined ? 'too many from this client' : 'too many at all');
      buckets.keep(key, own);
      shared = all;
      return ok(true);
    },
  };
}

interface Bucket {
  readonly level: number;
  readonly at: Instant;
}

/** The bucket with one token less, or nothing when it is empty. A clock that steps back refills nothing. */
function drain(bucket: Bucket | undefined, limit: RateLimit, at: Instant): Bucket | undefined {
  const refilled =
    bucket === undefined ? limit.burst : Math.min(limit.burst, bucket.level + (Math.max(0, at - bucket.at) * limit.perMinute) / 60);
  return refilled < 1 ? undefined : { level: refilled - 1, at };
}
