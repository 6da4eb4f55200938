import type { JsonObject } from '@gridpass/core';
import { memberOf } from '@gridpass/codec';
import { parseEic, parseIdentifier, type EicType } from '@gridpass/identifiers';

const EIC_LENGTH = 16;

/** An EIC of type Y in canonical form with its check character. */
function isAreaEic(text: string): boolean {
  return parseEic(text, 'Y').ok;
}

/** A text of any other length is the code of a grid node; of sixteen characters it must be the EIC of an area. */
function isGridPlace(text: string): boolean {
  return text.length !== EIC_LENGTH || isAreaEic(text);
}

function isCanonical(scheme: string): (text: string) => boolean {
  return (text) => parseIdentifier(scheme, text).value?.value === text;
}

/** The `format` names that the schemas use, with what they check beyond the pattern beside them. */
export const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'eic-area': isAreaEic,
  'grid-place': isGridPlace,
  obis: isCanonical('obis'),
  evse: isCanonical('evse'),
};

/**
 * The keyword `identifier`: an object {scheme, value} names an identifier in canonical form with a right check
 * character, and an EIC is of the given type. Readers that do not know the keyword skip it (JSON Schema 2020-12, 6.5).
 */
export function isIdentifierObject(rule: { readonly eicType: EicType }, data: JsonObject): boolean {
  const scheme = memberOf(data, 'scheme');
  const value = memberOf(data, 'value');
  // Wrong JSON types are reported by the keywords beside this one.
  if (typeof scheme !== 'string' || typeof value !== 'string') return true;
  const parsed = scheme === 'eic' ? parseEic(value, rule.eicType) : parseIdentifier(scheme, value);
  return parsed.value?.value === value;
}
