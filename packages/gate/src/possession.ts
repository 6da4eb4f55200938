import { refuse } from '@gridpass/core';
import type { Instant, Outcome, Thumbprint } from '@gridpass/core';
import { parseDpopProof } from '@gridpass/exchange';
import type { Context } from 'koa';
import type { ProofMemory } from './nonce.js';
import { headerOf } from './transport.js';

/** One request as far as a proof of possession is about it. */
export interface ProvenRequest {
  /** The `DPoP` header; several headers arrive joined and do not parse. */
  readonly proof: string | undefined;
  readonly method: string;
  /** The address this gate publishes for the route, from configuration. */
  readonly url: string;
  readonly at: Instant;
  readonly accessToken?: string;
}

/** The same of a request over HTTP. Its answer carries the nonce of now in any case. */
export async function checkCaller(
  ctx: Context,
  memory: ProofMemory,
  { maxAgeSeconds, ...asked }: Pick<ProvenRequest, 'url' | 'at' | 'accessToken'> & { readonly maxAgeSeconds: number },
): Promise<Outcome<Thumbprint>> {
  const proven = await checkPossession(memory, maxAgeSeconds, { ...asked, proof: headerOf(ctx, 'dpop'), method: ctx.method });
  // Again: the look at the proof may have found out of a later start.
  ctx.set('DPoP-Nonce', memory.currentNonce(asked.at));
  return proven;
}

/**
 * Checks a DPoP proof against its request (RFC 9449 4.3), its nonce and that it is used for the first time.
 * Returns the thumbprint of the key. Refuses DPOP_INVALID, DPOP_NONCE_REQUIRED or RATE_LIMITED.
 */
async function checkPossession(memory: ProofMemory, maxAgeSeconds: number, request: ProvenRequest): Promise<Outcome<Thumbprint>> {
  if (request.proof === undefined) return refuse('DPOP_INVALID', 'session', 'no proof');
  const { accessToken, at } = request;
  const proof = parseDpopProof(request.proof, {
    method: request.method,
    url: request.url,
    at,
    maxAgeSeconds,
    clockSkewSeconds: CLIENT_CLOCK_SKEW_SECONDS,
    ...(accessToken === undefined ? {} : { accessToken }),
  });
  if (!proof.ok) return proof;
  const fresh = await memory.useOnce({ nonce: proof.value.nonce, replayDigest: proof.value.replayDigest }, at);
  return fresh.ok ? { ok: true, value: proof.value.thumbprint } : fresh;
}

// Freshness rests on the server's nonce; `iat` comes from the clock of a device, which may be a little ahead.
const CLIENT_CLOCK_SKEW_SECONDS = 30;
