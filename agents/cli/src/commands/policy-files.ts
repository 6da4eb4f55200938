import { readFile } from 'node:fs/promises';
import { EUROPEAN_MARKET_TIME_ZONE, marketCalendar } from '@gridpass/core';
import { parsePolicySet } from '@gridpass/policy';
import type { PolicySet } from '@gridpass/policy';
import { createClaimShapes } from '@gridpass/schema';
import { CommandError } from '../io.js';

/** Parses and checks a policy file for one channel; InputError CONFIG_INVALID has its lines. */
export async function readPolicySet(file: string, channel: string, timeZone = EUROPEAN_MARKET_TIME_ZONE): Promise<PolicySet> {
  return parsePolicySet({
    channel,
    cedar: await readText(file),
    file,
    claims: createClaimShapes(),
    request: 'read-off-the-policies',
    calendar: marketCalendar(timeZone),
  });
}

/** A text file of the operator. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandError('CONFIG_INVALID', `${path} cannot be read`, { cause });
  }
}
