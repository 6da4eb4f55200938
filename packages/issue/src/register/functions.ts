import { ROLE_CODES } from '@gridpass/core';
import type { RoleCode } from '@gridpass/core';

/**
 * Functions of the register that go by another name than the role they stand for (Harmonised Electricity Market Role Model):
 * former names, and kinds of a role. A function that is here or in the code list by name gives these roles; any other gives none.
 */
const OTHER_NAMES: Readonly<Record<string, readonly RoleCode[]>> = {
  // The register's system operator runs a transmission grid; distribution has a function of its own.
  'system operator': ['A04', 'A49'],
  'distribution system operator': ['A50'],
  'transmission system operator': ['A49'],
  'balance supplier': ['A12'],
  'balance group responsible party': ['A08'],
  // Kinds of a balance responsible party: for what is traded, produced, consumed, or sent over a border.
  'trade responsible party': ['A08'],
  'production responsible party': ['A08'],
  'consumption responsible party': ['A08'],
  'interconnection trade responsible': ['A08'],
};

const BY_NAME = new Map<string, readonly RoleCode[]>();
for (const code of Object.keys(ROLE_CODES) as RoleCode[]) BY_NAME.set(ROLE_CODES[code].toLowerCase(), [code]);
for (const [name, codes] of Object.entries(OTHER_NAMES)) BY_NAME.set(name, codes);

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
