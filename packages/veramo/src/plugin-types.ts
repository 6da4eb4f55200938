import type { IAgentContext, IDIDManager, IKeyManager, IPluginMethodMap } from '@veramo/core-types';
import type { DisclosureNeeds, JsonObject, JsonValue, RefusalCode } from '@gridpass/core';

/** What our verbs need of the agent they are installed in: its DIDs and its keys, whoever keeps them. */
export type GridpassContext = IAgentContext<IDIDManager & IKeyManager>;

/** Either what was asked for, or the code of the refusal; details stay inside. A Fault is thrown. */
export type Answer<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly code: RefusalCode; readonly stage: string };

export interface IssueArguments {
  /** A DID this agent manages. */
  readonly issuer: string;
  /** `vc+jwt` or `dc+sd-jwt`. */
  readonly format: string;
  /** A credential type of the catalogue. */
  readonly type: string;
  readonly subject: string;
  /** The key the holder will present with, as a public JWK; required for `dc+sd-jwt`. */
  readonly holderKey?: JsonValue;
  readonly claims: JsonObject;
  /** Whole seconds since 1970. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** Entries in the issuer's published status lists. */
  readonly status: JsonValue;
  /** Where the issuer's own credential lies and its digest; absent for a trust root alone. */
  readonly authority?: { readonly uri: string; readonly digest: string };
}

export interface PresentArguments {
  /** A DID this agent manages; its controller key is the key the credentials are bound to. */
  readonly holder: string;
  /** Compact credentials: any number of `vc+jwt`, or one `dc+sd-jwt`. */
  readonly credentials: readonly string[];
  /** Names of claims to disclose, for `dc+sd-jwt`; [] discloses none of those that may be withheld. */
  readonly disclose: readonly string[];
  /** The verifier's client_id, and its nonce: both from its request. */
  readonly audience: string;
  readonly nonce: string;
}

export interface VerifyPresentationArguments {
  /** A compact `vp+jwt`, or the JSON text of an OpenID4VP `vp_token` object. */
  readonly presentation: string;
  readonly mediaType: string;
  /** From the verifier's own session, never from the message. */
  readonly tenant: string;
  readonly state: string;
  readonly channel: string;
  readonly needs: DisclosureNeeds;
  readonly requestId: string;
}

/** Our verbs in a Veramo agent. */
export interface IGridpass extends IPluginMethodMap {
  /** Signs a credential with a managed DID, after checking the claims against the schema of its type. */
  gridpassIssueCredential(
    args: IssueArguments,
    context: GridpassContext,
  ): Promise<Answer<{ readonly format: string; readonly credential: string; readonly digest: string }>>;
  /** Proves one credential: signature, validity, status and the issuer's accreditation. Says nothing about who shows it. */
  gridpassVerifyCredential(args: { readonly credential: string }): Promise<
    Answer<{
      readonly type: string;
      readonly issuer: string;
      readonly subject: string;
      readonly claims: JsonObject;
      readonly goodUntil: number;
    }>
  >;
  /** Answers a verifier's request with credentials of a managed DID. */
  gridpassPresent(args: PresentArguments, context: GridpassContext): Promise<{ readonly mediaType: string; readonly presentation: string }>;
  /** Verifies a presentation with everything inside it; consumes the challenge. */
  gridpassVerifyPresentation(args: VerifyPresentationArguments): Promise<
    Answer<{
      readonly holder: string;
      readonly credentials: readonly { readonly type: string; readonly issuer: string; readonly digest: string }[];
      readonly facts: JsonValue;
      readonly goodUntil: number;
    }>
  >;
}
