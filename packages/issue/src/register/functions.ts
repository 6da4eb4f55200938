import { ROLE_CODES } from '@gridpass/core';
import type { RoleCode } from '@gridpass/core';

/** Names that older registers use for a role of the code list (Harmonised Electricity Market Role Model, change log). */
const FORMER_NAMES: Readonly<Record<string, RoleCode>> = {
  'distribution system operator': 'A50',
  'transmission system operator': 'A49',
  'balance supplier': 'A12',
  'balance group responsible party': 'A08',
};

const BY_NAME = new Map<string, RoleCode>(Object.entries(FORMER_NAMES));
for (const code of Object.keys(ROLE_CODES) as RoleCode[]) BY_NAME.set(ROLE_CODES[code].toLowerCase(), code);

/**
 * Splits a register's function list and makes its spelling even: single spaces, lower case, no repetition. The register
 * mixes "Production Responsible party", "balance responsible party" and leading blanks.
 */
export function toFunctions(list: string): readonly string[] {
  const names = list.split(',').map((name) => name.trim().replace(/\s+/gu, ' ').toLowerCase());
  return [...new Set(names.filter((name) => name !== ''))];
}

/** The role codes among the functions, sorted. A function that is no role of the list (a retired or gas one) gives none. */
export function toRoleCodes(functions: readonly string[]): readonly RoleCode[] {
  const codes = functions.flatMap((name) => BY_NAME.get(name) ?? []);
  return [...new Set(codes)].sort();
}
