import type { CredentialType } from './credential.js';

/** One credential a rule reads, and exactly the claims of it that the rule uses. */
export interface Need {
  readonly type: CredentialType;
  /** Top-level claim names, sorted, without duplicates; empty where a rule reads only who issued it or whom it is about. */
  readonly claims: readonly string[];
}

/**
 * What a channel asks a holder to show: alternatives, each a list of credentials of which all are needed.
 * One alternative per permit policy; at least one alternative; no type occurs twice within one alternative.
 * It is the upper bound of every presentation request: nothing outside may be asked for.
 */
export type DisclosureNeeds = readonly (readonly Need[])[];

/** One credential that is asked for, under the id by which the answer names it (OpenID4VP 1.0 6.1). */
export interface NamedNeed extends Need {
  readonly id: string;
}

/** Needs as they are asked for: each different one once, and for each alternative the ids of which all are needed. */
export interface NamedNeeds {
  readonly credentials: readonly NamedNeed[];
  readonly alternatives: readonly (readonly string[])[];
}

/**
 * Gives each need the id it has in a presentation request and in the answer: its type, with a number from the second of a type on. Asker and
 * verifier name them by this one rule, so that an answer is held against what was asked.
 */
export function nameNeeds(needs: DisclosureNeeds): NamedNeeds {
  const credentials = new Map<string, NamedNeed>();
  const idOf = ({ type, claims: asked }: Need): string => {
    const claims = [...new Set(asked)].sort();
    const key = JSON.stringify([type, ...claims]);
    const known = credentials.get(key);
    if (known !== undefined) return known.id;
    const twins = [...credentials.values()].filter((one) => one.type === type).length;
    const id = twins === 0 ? type : `${type}_${String(twins + 1)}`;
    credentials.set(key, { id, type, claims });
    return id;
  };
  const alternatives = needs.map((alternative) => alternative.map(idOf));
  return { credentials: [...credentials.values()], alternatives };
}
