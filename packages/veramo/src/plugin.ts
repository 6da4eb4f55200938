import type { IAgentPlugin } from '@veramo/core-types';
import { tenantId } from '@gridpass/core';
import type { Clock, Outcome, Received, Refusal, RequestId } from '@gridpass/core';
import { utf8 } from '@gridpass/codec';
import type { Schemas } from '@gridpass/schema';
import { buildVpJwt, issueCredential, presentSdJwtVc } from '@gridpass/suite';
import type { Verifier } from '@gridpass/verify';
import { didSignerOfAgent } from './did-signer.js';
import { readIssueArguments, readNonce, readText, readTexts, wrongArgument } from './plugin-arguments.js';
import { GRIDPASS_SCHEMA } from './plugin-schema.js';
import type { Answer, GridpassContext, IGridpass, IssueArguments, PresentArguments, VerifyPresentationArguments } from './plugin-types.js';

/** What the verbs rest on. The verifier holds whom we believe; nothing in an argument can change that. */
export interface GridpassPluginParts {
  readonly verifier: Verifier;
  readonly schemas: Pick<Schemas, 'parseClaims'>;
  readonly clock: Clock;
  /** How long a presentation may be used; its verifier's nonce bounds it too. */
  readonly presentationLifeSeconds: number;
}

/**
 * Our verbs as a Veramo plugin. It works in any agent with a DID manager and a key manager, and signs through them.
 * Veramo's own `verifyPresentation` does not look at the credentials inside; `gridpassVerifyPresentation` does.
 */
export class GridpassPlugin implements IAgentPlugin {
  readonly schema = GRIDPASS_SCHEMA;
  readonly methods: IGridpass;

  constructor(parts: GridpassPluginParts) {
    this.methods = {
      gridpassIssueCredential: (args, context) => issue(parts, args, context),
      gridpassVerifyCredential: (args) => verifyCredential(parts, args),
      gridpassPresent: (args, context) => present(parts, args, context),
      gridpassVerifyPresentation: (args) => verifyPresentation(parts, args),
    };
  }
}

async function issue(
  parts: GridpassPluginParts,
  args: IssueArguments,
  { agent }: GridpassContext,
): ReturnType<IGridpass['gridpassIssueCredential']> {
  const { format, input } = readIssueArguments(args);
  const claims = parts.schemas.parseClaims(input.type, args.claims);
  if (!claims.ok) return toRefused(claims.refusal);
  const issuer = await didSignerOfAgent(agent, readText(args.issuer, 'issuer'));
  const issued = await issueCredential(format, { ...input, issuer, claims: claims.value, issuedAt: parts.clock.now() });
  return { ok: true, format: issued.format, credential: issued.compact, digest: issued.digest };
}

async function verifyCredential(
  parts: GridpassPluginParts,
  args: { readonly credential: string },
): ReturnType<IGridpass['gridpassVerifyCredential']> {
  const verified = await parts.verifier.verifyCredential(readText(args.credential, 'credential'), parts.clock.now());
  return toAnswer(verified, ({ content: { type, issuer, subject, claims }, goodUntil }) => ({ type, issuer, subject, claims, goodUntil }));
}

async function present(
  parts: GridpassPluginParts,
  args: PresentArguments,
  { agent }: GridpassContext,
): ReturnType<IGridpass['gridpassPresent']> {
  const holder = await didSignerOfAgent(agent, readText(args.holder, 'holder'));
  const credentials = readTexts(args.credentials, 'credentials');
  const disclose = readTexts(args.disclose, 'disclose');
  const common = { holder, audience: readText(args.audience, 'audience'), nonce: readNonce(args.nonce), at: parts.clock.now() };
  const [first] = credentials;
  if (first === undefined) throw wrongArgument('credentials: none');
  if (!credentials.some((compact) => compact.includes('~'))) {
    if (disclose.length > 0) throw wrongArgument('disclose: a vc+jwt discloses all it holds');
    return { mediaType: 'vp+jwt', presentation: await buildVpJwt({ ...common, credentials, lifeSeconds: parts.presentationLifeSeconds }) };
  }
  if (credentials.length > 1) throw wrongArgument('credentials: one dc+sd-jwt at a time; a vp_token holds several presentations');
  return { mediaType: 'dc+sd-jwt', presentation: await presentSdJwtVc({ ...common, compact: first, disclose }) };
}

async function verifyPresentation(
  parts: GridpassPluginParts,
  args: VerifyPresentationArguments,
): ReturnType<IGridpass['gridpassVerifyPresentation']> {
  const { mediaType } = args;
  if (mediaType !== 'vp+jwt' && mediaType !== 'openid4vp') throw wrongArgument('mediaType: vp+jwt or openid4vp');
  const received: Received = {
    transport: 'http',
    mediaType,
    bytes: utf8(readText(args.presentation, 'presentation')),
    requestId: readText(args.requestId, 'requestId') as RequestId,
    at: parts.clock.now(),
  };
  const trusted = await parts.verifier.verify(received, {
    tenant: tenantId(readText(args.tenant, 'tenant')),
    state: readText(args.state, 'state'),
    channel: readText(args.channel, 'channel'),
    needs: args.needs,
  });
  return toAnswer(trusted, ({ holderDid, credentials, facts, goodUntil }) => ({
    holder: holderDid,
    goodUntil,
    facts: facts.map((fact) => ({ ...fact })),
    credentials: credentials.map(({ type, issuer, digest }) => ({ type, issuer, digest })),
  }));
}

/** Only code and stage leave: details are for the audit record (house rule 17). */
function toRefused(refusal: Refusal): { readonly ok: false; readonly code: Refusal['code']; readonly stage: string } {
  return { ok: false, code: refusal.code, stage: refusal.stage };
}

function toAnswer<T, A extends object>(outcome: Outcome<T>, read: (value: T) => A): Answer<A> {
  return outcome.ok ? { ok: true, ...read(outcome.value) } : toRefused(outcome.refusal);
}
