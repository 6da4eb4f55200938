import { ok, refuse } from '@gridpass/core';
import type { Application, CredentialType, Instant, KeptEntry, Outcome, RegisterRepository } from '@gridpass/core';
import { textsIn } from '@gridpass/codec';
import { parseEic } from '@gridpass/identifiers';
import { roleCodesOf } from '@gridpass/trust';
import { toRoleCodes } from '../register/functions.js';
import { isOverruled } from './overrule.js';

type Asked = Pick<Application, 'tenant' | 'type' | 'claims' | 'overrules'>;
type Register = Pick<RegisterRepository, 'readEntry'>;

/** Where a role names the areas it is for. Areas of households and devices lie within those of their issuer by the accreditation chain. */
const AREA_CLAIMS: Readonly<Partial<Record<CredentialType, string>>> = {
  SystemOperatorRole: 'operatingAreaEic',
  AggregatorRole: 'areasEic',
  MarketOperatorRole: 'biddingZonesEic',
};

/**
 * Refuses SCHEMA_VIOLATION where claims do not show the roles or areas that their type names: of none the rules below would hold.
 * The schema has it so as well; this is for claims that were kept before it, or came another way.
 */
export function checkShown({ type, claims }: Asked): Outcome<true> {
  if (roleCodesOf({ type, claims })?.length === 0) return refuse('SCHEMA_VIOLATION', 'register', 'claims: show no market role');
  const claim = AREA_CLAIMS[type];
  return claim === undefined || textsIn(claims, claim).length > 0
    ? ok(true)
    : refuse('SCHEMA_VIOLATION', 'register', `claims/${claim}: shows no area`);
}

/**
 * Holds the register's functions of a party against the roles it asks for: PARTY_FUNCTION_MISSING. Judged by the words of the
 * register and today's table, so that what was imported under an older table is judged anew. Overruled by `register-function`.
 */
export function checkFunctions(asked: Asked, entry: KeptEntry | undefined): Outcome<true> {
  if (entry === undefined || isOverruled(asked, 'register-function')) return ok(true);
  const codes: readonly string[] = toRoleCodes(entry.functions);
  const missing = (roleCodesOf(asked) ?? []).filter((role) => !codes.includes(role));
  if (missing.length === 0) return ok(true);
  const functions = entry.functions.length === 0 ? 'no function' : entry.functions.join(', ');
  return refuse(
    'PARTY_FUNCTION_MISSING',
    'register',
    `claims/party: the register says ${functions}, which does not give ${missing.join(', ')}; ask for another role, or overrule register-function with a reason`,
  );
}

/**
 * Asks the register about each area of a role: in force, and in a country of the claims, which the accreditation chain holds within
 * the regulator's jurisdiction (domain catalogue, O2). AREA_OUTSIDE_JURISDICTION is final. AREA_UNKNOWN says that the register does
 * not tell: not imported, or without a country, as most areas of the public register are; it is overruled by `area`. The characters of
 * a code tell nothing: 10YCA-BULGARIA-R lies not in Canada.
 */
export async function checkAreas(register: Register, asked: Asked): Promise<Outcome<true>> {
  for (const { value, entry, claim } of await readAreas(register, asked)) {
    const country = entry?.status === 'active' ? entry.country : '';
    if (country !== '' && !textsIn(asked.claims, 'jurisdictions').includes(country))
      return refuse(
        'AREA_OUTSIDE_JURISDICTION',
        'area',
        `claims/${claim}: ${value} lies in ${country}, which is none of claims/jurisdictions`,
      );
    if (country === '' && !isOverruled(asked, 'area'))
      return refuse(
        'AREA_UNKNOWN',
        'area',
        `claims/${claim}: ${value} ${whyUnknown(entry)}; import the register of areas, or overrule area with a reason`,
      );
  }
  return ok(true);
}

/** When the register last changed what it says of an area that the claims name; undefined where it says nothing. */
export async function areasChangedAt(register: Register, asked: Asked): Promise<Instant | undefined> {
  const times = (await readAreas(register, asked)).flatMap(({ entry }) => entry?.changedAt ?? []);
  return times.sort((a, b) => b - a)[0];
}

async function readAreas(
  register: Register,
  { tenant, type, claims }: Asked,
): Promise<readonly { readonly value: string; readonly claim: string; readonly entry: KeptEntry | undefined }[]> {
  const claim = AREA_CLAIMS[type];
  if (claim === undefined) return [];
  const areas = [];
  for (const value of textsIn(claims, claim)) {
    const code = parseEic(value, 'Y');
    const entry = code.ok ? await register.readEntry(tenant, code.value) : undefined;
    areas.push({ value, claim, entry: entry?.kind === 'area' ? entry : undefined });
  }
  return areas;
}

function whyUnknown(entry: KeptEntry | undefined): string {
  if (entry === undefined) return 'is not in the register of this issuer';
  return entry.status === 'active' ? 'has no country in the register' : 'is inactive in the register';
}
