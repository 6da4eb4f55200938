import {
  instant,
  ok,
  type CredentialContent,
  type Did,
  type Fact,
  type GrantedCredential,
  type GrantedStatus,
  type Instant,
  type JsonObject,
  type Outcome,
  type PublicJwk,
  type RequestId,
  type Challenge,
} from '@gridpass/core';
import { checkAccreditation, type TrustAnchor } from '@gridpass/trust';
import { Current } from './current.js';
import { toEvidence } from './evidence.js';
import { toFacts } from './facts.js';
import { createLinkProver, type LinkContext } from './links.js';

/** What the trust stage asks of the outside. */
export interface TrustContext extends LinkContext {
  readonly anchors: readonly TrustAnchor[];
  readonly maxDepth: number;
}

/** Stage 5: every issuer was accredited for exactly what it issued. The only source of facts. */
export class Trusted {
  readonly #seal = true;
  readonly requestId: RequestId;
  readonly at: Instant;
  readonly facts: readonly Fact[];
  readonly holderDid: Did;
  readonly holderKey: PublicJwk;
  /** What says that the key is the holder's: the credentials, or the document of the DID. */
  readonly holderBoundBy: 'key' | 'did';
  readonly credentials: readonly GrantedCredential[];
  /** Of the presented credentials and of every link of their chains. */
  readonly statusReferences: readonly GrantedStatus[];
  /** The first end among the presented credentials and their chains. */
  readonly goodUntil: Instant;
  readonly evidence: JsonObject;
  /** The challenge that was answered and is now used up. */
  readonly challenge: Challenge;

  private constructor(current: Current, parts: Pick<Trusted, 'facts' | 'credentials' | 'statusReferences' | 'goodUntil' | 'evidence'>) {
    const { received, holder, challenge } = current.proven;
    this.requestId = received.requestId;
    this.at = received.at;
    this.holderDid = holder.did;
    this.holderKey = holder.publicJwk;
    this.holderBoundBy = holder.boundBy;
    this.challenge = challenge;
    this.facts = Object.freeze(parts.facts);
    this.credentials = Object.freeze(parts.credentials);
    this.statusReferences = Object.freeze(parts.statusReferences);
    this.goodUntil = parts.goodUntil;
    this.evidence = Object.freeze(parts.evidence);
    Object.freeze(this);
  }

  static is(value: unknown): value is Trusted {
    return typeof value === 'object' && value !== null && #seal in value;
  }

  /** Refuses ISSUER_NOT_ACCREDITED, CHAIN_TOO_LONG, CHAIN_CYCLE; chains are walked at once and share their links. */
  static async trust(current: Current, context: TrustContext): Promise<Outcome<Trusted>> {
    if (!Current.is(current)) throw new TypeError('trust takes what check returned');
    const presented = current.proven.credentials;
    const proveAuthority = createLinkProver(context);
    const { anchors, maxDepth } = context;
    const walked = await Promise.all(presented.map((credential) => checkAccreditation({ credential, anchors, proveAuthority, maxDepth })));
    const paths = [];
    for (const path of walked) {
      if (!path.ok) return path;
      paths.push(path.value);
    }
    const links = [...new Map(paths.flatMap((path) => path.links).map((link) => [link.content.digest, link])).values()];
    const all = [...presented, ...links.map(({ content }) => content)];
    return ok(
      new Trusted(current, {
        facts: toFacts(presented, current.proven.asked),
        credentials: presented.map(toGranted),
        statusReferences: all.map(({ issuer, status }) => ({ issuer, references: status })),
        goodUntil: instant(Math.min(...all.map(({ validUntil }) => validUntil))),
        evidence: toEvidence({
          documents: [...context.ring.documents(), ...context.ring.pastDocuments()],
          pastUses: context.ring.pastUses(),
          status: [...current.status, ...links.flatMap(({ status }) => status)],
          credentials: presented,
          paths,
        }),
      }),
    );
  }
}

function toGranted({ type, digest, issuer, subject, validUntil, status }: CredentialContent): GrantedCredential {
  return Object.freeze({ type, digest, issuer, subject, validUntil, status });
}
