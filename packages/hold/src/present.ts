import { Fault, endsAfter, isSuccess, ok, refuse } from '@gridpass/core';
import type { Disclosure, JsonObject, Outcome, Thumbprint, WalletRelation } from '@gridpass/core';
import { isJsonObject, parseJson, randomToken, utf8 } from '@gridpass/codec';
import { buildAuthorizationResponse, fetchRequestObject, parseAuthorizationRequestUri, parsePresentationRequest } from '@gridpass/exchange';
import type { PresentationRequest } from '@gridpass/exchange';
import { parseIssuedSdJwtVc, presentSdJwtVc, processedPayload } from '@gridpass/suite';
import { chooseCredentials } from './choose.js';
import type { Candidate, Choice, Gap } from './choose.js';
import { claimsIn, nextDisclosureId } from './disclosure.js';
import { checkEntitledToAsk } from './entitlement.js';
import type { ProvenVerifier } from './entitlement.js';
import type { Faces } from './faces.js';
import type { HolderParts } from './parts.js';

/** A request this wallet could answer, laid out for consent: nothing has left the wallet. */
export interface Proposal {
  readonly request: PresentationRequest;
  readonly verifier: ProvenVerifier;
  readonly face: WalletRelation;
  /** Where the answer goes, which is also who gets to know the face. */
  readonly audience: string;
  readonly choices: readonly Choice[];
  /** Every claim that would be visible, by credential: what is asked and what the credential always shows. */
  readonly shows: Disclosure['shown'];
}

/** An answer ready to be sent over whatever transport brought the request. */
export interface Answer {
  readonly state: string | undefined;
  readonly vpToken: JsonObject;
  readonly responseUri: string;
  readonly disclosureId: string;
}

/** What came of presenting: the verifier's answer as it was. */
export interface Presented {
  readonly disclosureId: string;
  readonly status: number;
  readonly body: JsonObject;
}

/** Where a request came from, and as whom the wallet asked for it. */
export interface Asked {
  /** The origin; a request that wants its answer elsewhere is refused. */
  readonly audience?: string | undefined;
  /** The key that was proven there already: only its face can answer. Any face that fits, unless told. */
  readonly key?: Thumbprint | undefined;
}

export interface Presenter {
  /** Proves a request object and lays out the least disclosure that answers it. Refuses QUERY_UNSATISFIABLE; `gapsOf` then tells why. */
  propose(
    requestObject: string,
    expected: Asked & { readonly claimedClientId?: string; readonly walletNonce?: string },
  ): Promise<Outcome<Proposal>>;
  /** The gaps behind a QUERY_UNSATISFIABLE of the same request. */
  gapsOf(requestObject: string, audience?: string): Promise<readonly Gap[]>;
  /** Gives the face to the audience, signs what the proposal says and writes it into the log; CONFLICT when the face was given away meanwhile. */
  answer(proposal: Proposal): Promise<Outcome<Answer>>;
  /** Fetches the request behind an `openid4vp://` address. */
  fetchProposal(uri: string, asked?: Asked): Promise<Outcome<Proposal>>;
  /** Answers and posts to the `response_uri`. */
  send(proposal: Proposal): Promise<Outcome<Presented>>;
}

/** The presenting half of a wallet. */
export function createPresenter(parts: HolderParts, faces: Faces): Presenter {
  const { tenant, repository, resolver, clock, fetch } = parts;

  async function plan(request: PresentationRequest, { audience, key }: Asked) {
    const possible = await faces.facesFor(audience ?? new URL(request.responseUri).origin);
    const open = possible.filter(({ thumbprint }) => key === undefined || thumbprint === key);
    const held = (await repository.credentials(tenant)).flatMap((credential): readonly Candidate[] => {
      // What is presented over OpenID4VP are SD-JWT VCs.
      const parsed = credential.format === 'dc+sd-jwt' ? parseIssuedSdJwtVc(credential.compact) : undefined;
      return parsed?.ok === true ? [{ held: credential, payload: processedPayload(parsed.value) }] : [];
    });
    const plans = open.map((face) => ({
      face,
      plan: chooseCredentials(request.query, {
        at: clock.now(),
        candidates: held.filter((item) => item.held.relationId === face.relationId),
        elsewhere: held.filter((item) => item.held.relationId !== face.relationId),
      }),
    }));
    const [first] = plans;
    if (first === undefined) throw new Fault('KEY_UNAVAILABLE', 'the face that asked is not there any more; ask again');
    return plans.find((made) => made.plan.kind === 'plan') ?? first;
  }

  const parse = (
    requestObject: string,
    expected: { readonly claimedClientId?: string; readonly walletNonce?: string },
  ): Promise<Outcome<PresentationRequest>> =>
    parsePresentationRequest(requestObject, {
      resolver,
      at: clock.now(),
      clockSkewSeconds: parts.clockSkewSeconds,
      rules: fetch,
      ...(expected.claimedClientId === undefined ? {} : { claimedClientId: expected.claimedClientId }),
      ...(expected.walletNonce === undefined ? {} : { walletNonce: expected.walletNonce }),
    });

  async function propose(
    requestObject: string,
    expected: Asked & { readonly claimedClientId?: string; readonly walletNonce?: string },
  ): Promise<Outcome<Proposal>> {
    const request = await parse(requestObject, expected);
    if (!request.ok) return request;
    // A relation is a place. A request that wants its answer somewhere else is a relayed one (attack 11).
    if (expected.audience !== undefined && new URL(request.value.responseUri).origin !== expected.audience) {
      return refuse('REQUEST_NOT_TRUSTED', 'present', 'response_uri: not where the request was asked for');
    }
    const verifier = await checkEntitledToAsk(request.value, parts, clock.now());
    if (!verifier.ok) return verifier;
    const planned = await plan(request.value, expected);
    if (planned.plan.kind === 'gaps') {
      return refuse(
        'QUERY_UNSATISFIABLE',
        'present',
        planned.plan.gaps
          .map(
            (gap) =>
              `${gap.queryId}: ${[gap.reason, ...gap.shortfalls.map(({ reason, claims }) => [reason, ...claims].join(' '))].join(', ')}`,
          )
          .join('; '),
      );
    }
    const shows = planned.plan.choices.map((choice) => ({
      type: choice.held.type,
      digest: choice.held.digest,
      claims: claimsIn(choice.held.compact, choice.disclose),
    }));
    return ok({
      request: request.value,
      verifier: verifier.value,
      face: planned.face,
      audience: new URL(request.value.responseUri).origin,
      choices: planned.plan.choices,
      shows,
    });
  }

  async function answer(proposal: Proposal): Promise<Outcome<Answer>> {
    const { request, face } = proposal;
    const at = clock.now();
    if (!endsAfter(request.expiresAt, at) || proposal.choices.some(({ held }) => !endsAfter(held.validUntil, at)))
      return refuse('EXPIRED', 'present', 'the proposal has waited too long');
    if (!(await faces.giveFace(face, proposal.audience)))
      return refuse('CONFLICT', 'present', 'the face was given to another audience meanwhile');
    const holder = await faces.signerOf(face);
    const vpToken: Record<string, readonly string[]> = {};
    for (const { queryId, held, disclose } of proposal.choices) {
      vpToken[queryId] = [
        await presentSdJwtVc({ compact: held.compact, disclose, holder, audience: request.clientId, nonce: request.nonce, at }),
      ];
    }
    const disclosureId = nextDisclosureId();
    // Written before it is sent: a log that lacks what left the wallet is worth less than one with a line too many.
    await repository.keepDisclosure(tenant, {
      disclosureId,
      at,
      relationId: face.relationId,
      verifier: request.verifierDid,
      responseUri: request.responseUri,
      shown: proposal.shows,
      answer: 'sent',
    });
    return ok({ state: request.state, vpToken, responseUri: request.responseUri, disclosureId });
  }

  return {
    propose,
    async gapsOf(requestObject, audience) {
      const request = await parse(requestObject, {});
      if (!request.ok) return [];
      const planned = await plan(request.value, { audience });
      return planned.plan.kind === 'gaps' ? planned.plan.gaps : [];
    },
    answer,
    async fetchProposal(uri, asked = {}) {
      const reference = parseAuthorizationRequestUri(uri, fetch);
      if (!reference.ok) return reference;
      const walletNonce = randomToken(16);
      const requestObject = await fetchRequestObject(reference.value, { fetch, walletNonce });
      if (!requestObject.ok) return requestObject;
      return propose(requestObject.value, {
        claimedClientId: reference.value.claimedClientId,
        ...(reference.value.method === 'post' ? { walletNonce } : {}),
        ...asked,
      });
    },
    async send(proposal) {
      const answered = await answer(proposal);
      if (!answered.ok) return answered;
      const made = answered.value;
      const posted = await fetch.fetchDocument(made.responseUri, {
        accept: 'application/json',
        maxBytes: 65_536,
        timeoutMs: 30_000,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: utf8(buildAuthorizationResponse({ state: made.state, vpToken: made.vpToken })),
      });
      if (!posted.ok) return posted;
      const { status, bytes } = posted.value;
      await repository.setDisclosureAnswer(tenant, {
        disclosureId: made.disclosureId,
        answer: isSuccess(status) ? 'accepted' : 'refused',
      });
      const json = bytes.length === 0 ? undefined : parseJson(bytes);
      return ok({ disclosureId: made.disclosureId, status, body: json?.ok === true && isJsonObject(json.value) ? json.value : {} });
    },
  };
}
