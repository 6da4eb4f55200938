import { ok, refuse } from '@gridpass/core';
import type { Outcome, RegisterEntry } from '@gridpass/core';
import { parseEic } from '@gridpass/identifiers';
import { toFunctions, toRoleCodes } from './functions.js';

/** The columns of ENTSO-E's register export, in its order. */
export const REGISTER_COLUMNS = [
  'EicCode', 'EicDisplayName', 'EicLongName', 'EicParent', 'EicResponsibleParty', 'EicStatus', 'MarketParticipantPostalCode',
  'MarketParticipantIsoCountryCode', 'MarketParticipantVatCode', 'EicTypeFunctionList', 'type',
] as const;

const KINDS: Readonly<Record<string, RegisterEntry['kind']>> = { X: 'party', Y: 'area' };
const STATUSES: Readonly<Record<string, RegisterEntry['status']>> = { active: 'active', inactive: 'inactive' };
const MAX_NAME = 200;
// C0 and C1 controls have no place in a name and could end up in a terminal.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/u;

/**
 * Reads one record of the register: ROW_MALFORMED for a wrong number of columns, an unknown status or an unfit name,
 * IDENTIFIER_SYNTAX, IDENTIFIER_CHECKSUM or IDENTIFIER_TYPE for the code. Postal and VAT codes are dropped here.
 */
export function parseRow(fields: readonly string[]): Outcome<RegisterEntry> {
  if (fields.length !== REGISTER_COLUMNS.length) {
    return refuse('ROW_MALFORMED', 'register', `${fields.length} columns instead of ${REGISTER_COLUMNS.length}`);
  }
  const [code = '', displayName = '', longName = '', , responsibleParty = '', statusName = '', , country = '', , functionList = '', type = ''] =
    fields.map((field) => field.trim());
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) return refuse('ROW_MALFORMED', 'register', 'column type is neither X nor Y');
  const parsed = parseEic(code, kind === 'party' ? 'X' : 'Y');
  if (!parsed.ok) return parsed;
  const status = STATUSES[statusName.toLowerCase()];
  if (status === undefined) return refuse('ROW_MALFORMED', 'register', 'column EicStatus is neither Active nor Inactive');
  if ([displayName, longName, functionList, responsibleParty].some((text) => text.length > MAX_NAME || CONTROLS.test(text))) {
    return refuse('ROW_MALFORMED', 'register', `a name is longer than ${MAX_NAME} characters or holds control characters`);
  }
  if (country !== '' && !/^[A-Z]{2}$/u.test(country)) {
    return refuse('ROW_MALFORMED', 'register', 'column MarketParticipantIsoCountryCode is not two capital letters');
  }
  const functions = toFunctions(functionList);
  return ok({ code: parsed.value, kind, displayName, longName, status, country, responsibleParty, functions, roleCodes: toRoleCodes(functions) });
}
