import { bearerTokenOf, isJsonObject, isTokenOf, parseJson, randomToken } from '@gridpass/codec';
import { assertOk, InputError, type RequestId } from '@gridpass/core';
import { noteRequest, readBody, type Gate } from '@gridpass/gate';
import { OWN_DID_VERBS, type OwnDid } from './own-did.js';

type Handler = ReturnType<Gate['limit']>;
type Context = Parameters<Handler>[0];

const MAX_BODY = 4_096;
const BODY_MS = 5_000;

/**
 * Throws InputError ADMIN_TOKEN_INVALID unless the request brings the token with that digest (base64url SHA-256) as its bearer token.
 * `actor` is the role that the token stands for, in the line about the request.
 */
export function assertOperatorToken(ctx: Context, digest: string, actor: 'operator' | 'auditor' = 'operator'): void {
  if (!isTokenOf(bearerTokenOf(ctx.get('authorization')), digest)) throw new InputError('ADMIN_TOKEN_INVALID', 'operator token');
  noteRequest(ctx.req, { actor });
}

/** `POST /operator/did/VERB` for each of {@link OWN_DID_VERBS}, by whoever holds the operator's token; counted by client before it is looked at. */
export function addOwnDidRoutes(
  post: (path: string, limit: Handler, handler: Handler) => unknown,
  {
    gate,
    ownDid,
    operatorTokenDigest,
  }: { readonly gate: Pick<Gate, 'limit'>; readonly ownDid: OwnDid; readonly operatorTokenDigest: string },
): void {
  for (const verb of OWN_DID_VERBS) {
    post(`/operator/did/${verb}`, gate.limit(), async (ctx) => {
      assertOperatorToken(ctx, operatorTokenDigest);
      const body = assertOk(parseJson(assertOk(await readBody(ctx, MAX_BODY, BODY_MS))));
      if (!isJsonObject(body)) throw new InputError('REQUEST_MALFORMED', 'body: not an object');
      ctx.body = assertOk(await ownDid(verb, body, { actor: 'operator', requestId: randomToken(16) as RequestId }));
    });
  }
}
