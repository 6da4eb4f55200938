import { toPlainText } from '@gridpass/codec';
import { ok, refuse } from '@gridpass/core';
import type { Outcome, RegisterEntry } from '@gridpass/core';
import { parseEic } from '@gridpass/identifiers';
import { toFunctions, toRoleCodes } from './functions.js';

/** The columns of ENTSO-E's register export, in its order. */
export const REGISTER_COLUMNS = [
  'EicCode',
  'EicDisplayName',
  'EicLongName',
  'EicParent',
  'EicResponsibleParty',
  'EicStatus',
  'MarketParticipantPostalCode',
  'MarketParticipantIsoCountryCode',
  'MarketParticipantVatCode',
  'EicTypeFunctionList',
  'type',
] as const;

const KINDS: Readonly<Record<string, RegisterEntry['kind']>> = { X: 'party', Y: 'area' };
const STATUSES: Readonly<Record<string, RegisterEntry['status']>> = { active: 'active', inactive: 'inactive' };
const MAX_NAME = 200;

/**
 * Reads one record of the register: ROW_MALFORMED for a wrong number of columns, an unknown status or an unfit name,
 * IDENTIFIER_SYNTAX, IDENTIFIER_CHECKSUM or IDENTIFIER_TYPE for the code. Postal and VAT codes are dropped here.
 */
export function parseRow(fields: readonly string[]): Outcome<RegisterEntry> {
  if (fields.length !== REGISTER_COLUMNS.length) {
    return refuse('ROW_MALFORMED', 'register', `${fields.length} columns instead of ${REGISTER_COLUMNS.length}`);
  }
  const texts = fields.map((field) => toPlainText(field)?.trim());
  const at = (index: number): string => texts[index] ?? '';
  // Names are shown to officers and in terminals: what nobody sees has no place in them.
  const unfit = texts.findIndex((text) => text === undefined || text.length > MAX_NAME);
  if (unfit >= 0) {
    const column = REGISTER_COLUMNS[unfit] ?? '';
    return refuse('ROW_MALFORMED', 'register', `column ${column} is longer than ${MAX_NAME} characters or holds some that cannot be seen`);
  }
  const kind = ownOf(KINDS, at(10));
  if (kind === undefined) return refuse('ROW_MALFORMED', 'register', 'column type is neither X nor Y');
  const code = parseEic(at(0), kind === 'party' ? 'X' : 'Y');
  if (!code.ok) return code;
  const status = ownOf(STATUSES, at(5).toLowerCase());
  if (status === undefined) return refuse('ROW_MALFORMED', 'register', 'column EicStatus is neither Active nor Inactive');
  if (!/^(?:[A-Z]{2})?$/u.test(at(7)))
    return refuse('ROW_MALFORMED', 'register', 'column MarketParticipantIsoCountryCode is not two capital letters');
  const functions = toFunctions(at(9));
  return ok({
    code: code.value,
    kind,
    displayName: at(1),
    longName: at(2),
    status,
    country: at(7),
    responsibleParty: at(4),
    functions,
    roleCodes: toRoleCodes(functions),
  });
}

function ownOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
