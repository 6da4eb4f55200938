import { ok, refuse } from '@gridpass/core';
import type { Instant, Outcome } from '@gridpass/core';
import { createBoundedMap } from './bounded-map.js';

/** At most `burst` at once and `perMinute` in the long run, for each key. */
export interface RateLimit {
  readonly burst: number;
  readonly perMinute: number;
}

export interface RateLimiter {
  /** Takes `count` at once, 1 unless told, or nothing: RATE_LIMITED when the key has used up what it may. */
  take(key: string, at: Instant, count?: number): Outcome<true>;
  /** Whole seconds until `take` can succeed again for this key, at least one. */
  waitSeconds(key: string, at: Instant): number;
}

/**
 * Token buckets in bounded memory. Whoever brings very many keys pushes out old buckets and starts afresh with each,
 * which is why one more bucket counts everybody together.
 */
export function createRateLimiter(limit: RateLimit, everybody: RateLimit, capacity: number): RateLimiter {
  const buckets = createBoundedMap<Bucket>(capacity);
  let shared: Bucket | undefined;
  return {
    take(key, at, count = 1) {
      const own = drain(buckets.read(key), limit, at, count);
      const all = drain(shared, everybody, at, count);
      if (own === undefined || all === undefined)
        return refuse('RATE_LIMITED', 'transport', own === undefined ? 'too many from this client' : 'too many at all');
      buckets.keep(key, own);
      shared = all;
      return ok(true);
    },
    waitSeconds: (key, at) => Math.max(1, secondsToFill(buckets.read(key), limit, at), secondsToFill(shared, everybody, at)),
  };
}

interface Bucket {
  readonly level: number;
  readonly at: Instant;
}

/** The bucket with so many tokens less, or nothing when it has fewer. */
function drain(bucket: Bucket | undefined, limit: RateLimit, at: Instant, count: number): Bucket | undefined {
  const level = levelOf(bucket, limit, at);
  return level < count ? undefined : { level: level - count, at: bucket === undefined || bucket.at < at ? at : bucket.at };
}

/** What is in a bucket at this time. A clock that steps back refills nothing. */
function levelOf(bucket: Bucket | undefined, limit: RateLimit, at: Instant): number {
  if (bucket === undefined) return limit.burst;
  return Math.min(limit.burst, bucket.level + (Math.max(0, at - bucket.at) * limit.perMinute) / 60);
}

/** How long until a whole token is in the bucket; counted from its own time when the clock has stepped back. */
function secondsToFill(bucket: Bucket | undefined, limit: RateLimit, at: Instant): number {
  if (bucket === undefined) return 0;
  const missing = 1 - levelOf(bucket, limit, at);
  return missing <= 0 ? 0 : Math.ceil((missing * 60) / limit.perMinute) + Math.max(0, bucket.at - at);
}
