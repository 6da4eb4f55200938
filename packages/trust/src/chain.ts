import {
  isNamedBy,
  ok,
  refuse,
  type AuthorityReference,
  type CredentialContent,
  type Did,
  type Digest,
  type Outcome,
} from '@gridpass/core';
import { anchorOf, type TrustAnchor } from './anchor.js';
import { checkHop } from './hop.js';

/** A link of a chain after it was proved like any credential: signature, times, schema and status. */
export interface ProvenLink {
  readonly content: CredentialContent;
}

/** How a credential leads to a root: the links from its issuer's authority upwards. */
export interface TrustPath<Link extends ProvenLink = ProvenLink> {
  readonly digests: readonly Digest[];
  readonly depth: number;
  readonly anchor: Did;
  readonly links: readonly Link[];
}

/** What the walk needs. `proveAuthority` fetches a link and proves it; its refusals are passed on, its faults thrown. */
export interface AccreditationQuery<Link extends ProvenLink> {
  readonly credential: CredentialContent;
  readonly anchors: readonly TrustAnchor[];
  readonly proveAuthority: (reference: AuthorityReference) => Promise<Outcome<Link>>;
  /** Most links between the credential and the root. */
  readonly maxDepth: number;
}

/**
 * Walks from a credential to a configured root, link by link, with no search: each credential names the one that entitles
 * its issuer and pins it by digest. Refuses ISSUER_NOT_ACCREDITED, CHAIN_TOO_LONG or CHAIN_CYCLE. The caller guarantees
 * that the credential is proven and stands.
 */
export async function checkAccreditation<Link extends ProvenLink>(query: AccreditationQuery<Link>): Promise<Outcome<TrustPath<Link>>> {
  const links: Link[] = [];
  const issuers = new Set<Did>();
  const seen = new Set<Digest>([query.credential.digest, query.credential.textDigest]);
  let child = query.credential;
  for (;;) {
    const anchor = anchorOf(query.anchors, child);
    if (anchor !== undefined)
      return ok({ digests: links.map(({ content }) => content.digest), depth: links.length, anchor: anchor.did, links });
    if (child.authority === undefined)
      return refuse('ISSUER_NOT_ACCREDITED', 'trusted', `${child.type}: no authority and no root; anchors names the roots of trust`);
    if (issuers.has(child.issuer) || seen.has(child.authority.digest)) return refuse('CHAIN_CYCLE', 'trusted', child.type);
    if (links.length >= query.maxDepth)
      return refuse('CHAIN_TOO_LONG', 'trusted', `more than ${String(query.maxDepth)} links, which is maxDepth`);
    issuers.add(child.issuer);
    const link = await query.proveAuthority(child.authority);
    if (!link.ok) return link;
    // INVARIANT: what was fetched is what the child pinned, whoever fetched it.
    if (!isNamedBy(link.value.content, child.authority.digest))
      return refuse('ISSUER_NOT_ACCREDITED', 'trusted', 'the authority is not the one pinned');
    // A link may be pinned by either of its handles.
    seen.add(link.value.content.digest).add(link.value.content.textDigest);
    const hop = checkHop(child, link.value.content);
    if (!hop.ok) return hop;
    links.push(link.value);
    child = link.value.content;
  }
}
