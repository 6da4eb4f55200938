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
