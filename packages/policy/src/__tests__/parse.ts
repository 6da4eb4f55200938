import { EUROPEAN_MARKET_TIME_ZONE, marketCalendar } from '@gridpass/core';
import { createClaimShapes } from '@gridpass/schema';
import { parsePolicySet } from '../index.js';
import type { PolicySet, RequestShape } from '../index.js';

const claims = createClaimShapes();

/** A set as programs make it, with the shipped schemas; the request is read off the policies unless it is said. */
export function parse(
  cedar: string,
  options: { readonly request?: RequestShape; readonly timeZone?: string; readonly file?: string } = {},
): PolicySet {
  return parsePolicySet({
    channel: 'test',
    cedar,
    claims,
    request: options.request ?? 'read-off-the-policies',
    calendar: marketCalendar(options.timeZone ?? EUROPEAN_MARKET_TIME_ZONE),
    ...(options.file === undefined ? {} : { file: options.file }),
  });
}
