import type { Instant } from '../nouns.js';

/** The one source of time. Production reads the system clock; tests turn the hands. */
export interface Clock {
  now(): Instant;
}
