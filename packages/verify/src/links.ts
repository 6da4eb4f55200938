import {
  isNamedBy,
  ok,
  refuse,
  type AuthorityReference,
  type AuthorityPort,
  type CredentialContent,
  type Outcome,
  type StatusEvidence,
  type StatusPort,
} from '@gridpass/core';
import { parseVcJwt, type ParsedCredential } from '@gridpass/suite';
import type { ProvenLink } from '@gridpass/trust';
import { proveCredential, type ProofContext } from './credential-proof.js';
import { checkStanding } from './standing.js';

/** A link that is proven and stands, with what showed it. */
export interface StandingLink extends ProvenLink {
  readonly content: CredentialContent;
  readonly status: readonly StatusEvidence[];
}

/** What proving a link takes. */
export interface LinkContext extends ProofContext {
  readonly authority: AuthorityPort;
  readonly status: StatusPort;
  readonly linkTexts: LinkTexts;
}

/**
 * Accreditations read before, by handle and address: the same text reads the same for ever. A handle does not cover the
 * signature, so that nothing in it counts as proven, and a text of one address never stands in for that of another.
 */
export interface LinkTexts {
  get(reference: AuthorityReference): ParsedCredential | undefined;
  set(reference: AuthorityReference, parsed: ParsedCredential): void;
}

/** Creates an empty store of at most `maxEntries` texts; the oldest goes first. */
export function createLinkTexts(maxEntries = 1024): LinkTexts {
  const texts = new Map<string, ParsedCredential>();
  return {
    get: (reference) => texts.get(nameOf(reference)),
    set: (reference, parsed) => {
      const [oldest] = texts.keys();
      if (texts.size >= maxEntries && oldest !== undefined) texts.delete(oldest);
      texts.set(nameOf(reference), parsed);
    },
  };
}

/**
 * Makes the function that fetches and proves links of one verification, each text once however many credentials name it.
 * A link is proved like any credential, without a challenge: key, signature, times, schema, status. Whatever is wrong
 * with it refuses the credential below as ISSUER_NOT_ACCREDITED; faults pass through.
 */
export function createLinkProver(context: LinkContext): (reference: AuthorityReference) => Promise<Outcome<StandingLink>> {
  const links = new Map<string, Promise<Outcome<StandingLink>>>();
  return (reference) => {
    const known = links.get(nameOf(reference));
    if (known !== undefined) return known;
    const started = proveLink(reference, context);
    links.set(nameOf(reference), started);
    return started;
  };
}

const nameOf = ({ uri, digest }: AuthorityReference): string => `${digest} ${uri}`;

async function proveLink(reference: AuthorityReference, context: LinkContext): Promise<Outcome<StandingLink>> {
  const parsed = await readLink(reference, context);
  if (!parsed.ok) return asUnaccredited(parsed);
  const proven = await proveCredential(parsed.value, context);
  if (!proven.ok) {
    if (proven.refusal.code === 'PROOF_INVALID') context.authority.forgetAuthority?.(reference);
    return asUnaccredited(proven);
  }
  context.linkTexts.set(reference, parsed.value);
  // Only now: the address of the list is signed.
  const status = await checkStanding(proven.value, context.status, context.at);
  return status.ok ? ok({ content: proven.value, status: status.value }) : asUnaccredited(status);
}

/** INVARIANT: what is read under a handle is a text that the handle names, whatever the port returned. */
async function readLink(reference: AuthorityReference, { authority, linkTexts }: LinkContext): Promise<Outcome<ParsedCredential>> {
  const known = linkTexts.get(reference);
  if (known !== undefined) return ok(known);
  const text = await authority.fetchAuthority(reference);
  if (!text.ok) return text;
  const parsed = parseVcJwt(text.value);
  if (!parsed.ok) return parsed;
  if (!isNamedBy(parsed.value.content, reference.digest)) return refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'not the text pinned');
  return parsed;
}

/** An issuer whose own accreditation does not hold is not accredited; why stays in the detail. */
function asUnaccredited(outcome: Outcome<unknown>): Outcome<never> {
  return refuse('ISSUER_NOT_ACCREDITED', 'trusted', `authority: ${outcome.refusal?.code ?? ''} ${outcome.refusal?.detail ?? ''}`);
}
