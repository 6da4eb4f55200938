import { randomToken } from '@gridpass/codec';
import { parseSdJwtVc } from '@gridpass/suite';

let disclosuresMade = 0;

/** Names rise, so that what was shown within one second is listed in its order. */
export function nextDisclosureId(): string {
  disclosuresMade += 1;
  return `${disclosuresMade.toString(16).padStart(12, '0')}-${randomToken(16)}`;
}

/** The claims that whoever is shown this credential will see: those opened, all unless told, and those that stand open in it anyway. */
export function claimsIn(compact: string, opened?: readonly string[]): readonly string[] {
  const parsed = parseSdJwtVc(compact);
  if (!parsed.ok) return opened ?? [];
  const hidden = new Set(parsed.value.disclosures.flatMap(({ name }) => (name === undefined ? [] : [name])));
  return Object.keys(parsed.value.content.claims)
    .filter((name) => opened === undefined || !hidden.has(name) || opened.includes(name))
    .sort();
}
