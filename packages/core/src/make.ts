import { InputError } from './outcome.js';
import type { Instant, TenantId } from './nouns.js';

/** A whole number of seconds since the epoch, between 1970 and 9999; throws InputError on anything else. */
export function instant(seconds: number): Instant {
  if (!isInstant(seconds)) throw new InputError('REQUEST_MALFORMED', 'an instant is a whole number of seconds since 1970');
  return seconds;
}

/** Whether a number is a whole number of seconds between 1970 and 9999. */
export function isInstant(seconds: number): seconds is Instant {
  return Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= 253_402_300_799;
}

/**
 * Whether something that counts up to, but not at, `end` still counts at `at`. The one comparison for ends that a port or a
 * stranger told: an end that is no finite number (NaN, Infinity) has passed, whatever the time is, and so has every end
 * where the time itself is unknown.
 */
export function endsAfter(end: number, at: number): boolean {
  return Number.isFinite(end) && Number.isFinite(at) && end > at;
}

/** A tenant name: lower-case letters, digits and hyphens, 1 to 63 characters, so that it fits a path segment and a host label. */
export function tenantId(text: string): TenantId {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) {
    throw new InputError('CONFIG_INVALID', 'a tenant id is 1 to 63 of a-z, 0-9 and inner hyphens');
  }
  return text as TenantId;
}
