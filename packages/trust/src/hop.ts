import { CATALOGUE, ok, refuse, type CredentialContent, type Outcome } from '@gridpass/core';
import { ATTENUATION, roleCodesOf } from './attenuation.js';

/**
 * Checks one link of a chain: that `parent` entitled the issuer of `child` to issue exactly this, when it did. The caller
 * guarantees that both are proven credentials and that `parent` stands now. Refuses ISSUER_NOT_ACCREDITED; a dimension
 * that the child does not show counts as exceeded.
 */
export function checkHop(child: CredentialContent, parent: CredentialContent): Outcome<true> {
  if (parent.subject !== child.issuer) return notAccredited(child, 'the authority is about somebody else');
  // A role somebody gives to itself is worth nothing, even where it may give the role to others.
  if (child.issuer === child.subject) return notAccredited(child, 'self-issued');
  const rule = CATALOGUE[child.type].issuerMustHold.find((entry) => entry.kind === 'holds' && entry.type === parent.type);
  if (rule?.kind !== 'holds') return notAccredited(child, `type: a ${parent.type} does not entitle to it`);
  const held = roleCodesOf(parent) ?? [];
  if (rule.roles.length > 0 && !rule.roles.some((role) => held.includes(role))) return notAccredited(child, 'role of the issuer');
  // The entitlement must have stood when it was used; whether it stands now is checked on the parent itself.
  if ((child.issuedSince ?? child.issuedAt) < parent.validFrom || child.issuedAt >= parent.validUntil)
    return notAccredited(child, 'time: issued outside the authority');
  const dimensions = ATTENUATION[parent.type]?.[child.type];
  if (dimensions === undefined) return notAccredited(child, 'no rule for this pair of types');
  for (const { name, asked, granted } of dimensions) {
    const wants = asked(child);
    if (wants.length === 0) return notAccredited(child, `${name}: not shown`);
    const has = granted(parent);
    if (!wants.every((want) => has.includes(want))) return notAccredited(child, name);
  }
  return ok(true);
}

function notAccredited(child: CredentialContent, reason: string): Outcome<never> {
  return refuse('ISSUER_NOT_ACCREDITED', 'trusted', `${child.type}: ${reason}`);
}
