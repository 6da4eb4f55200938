import type Router from '@koa/router';
import { memberOf, randomToken } from '@gridpass/codec';
import { endsAfter } from '@gridpass/core';
import type { Clock, FetchPort, Instant, JsonObject, Outcome } from '@gridpass/core';
import { createGateClient } from '@gridpass/hold';
import type { Proposal, ResourceAnswer, ResourceCall } from '@gridpass/hold';
import type { Context } from 'koa';
import type { WalletRuntime } from '../wallet-runtime.js';
import { unwrap } from './answer.js';
import { optionalText, paramOf, readJson, refused, requireText } from './body.js';
import { toProposalView } from './views.js';

/** What asking for consent takes. */
export interface ConsentParts {
  readonly clock: Clock;
  readonly fetch: FetchPort;
  readonly maxBodyBytes: number;
}

/** What waits for its owner's word; nothing of it has left the wallet. */
interface Waiting {
  readonly tenant: string;
  readonly proposal: Proposal;
  readonly expiresAt: Instant;
  /** Shows what was proposed; what came of it. */
  accept(): Promise<JsonObject>;
}

type Owned = (handler: (wallet: WalletRuntime, ctx: Context) => Promise<void>) => (ctx: Context) => Promise<void>;

const MAX_PENDING = 32;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Consent in two steps: what would be shown is laid out, and leaves the wallet only when its owner says so. */
export function addConsentRoutes(router: Router, parts: ConsentParts, owned: Owned): void {
  const { clock, maxBodyBytes } = parts;
  // Proposals wait in memory: a restart means asking the verifier again, and nothing was sent.
  const pending = new Map<string, Waiting>();
  const keep = (waiting: Waiting): string => {
    for (const [id, { expiresAt }] of pending) if (!endsAfter(expiresAt, clock.now())) pending.delete(id);
    // Each wallet has its own number, so that no owner pushes out what another is looking at.
    const own = [...pending].filter(([, { tenant }]) => tenant === waiting.tenant);
    for (const [id] of own.slice(0, Math.max(0, own.length - MAX_PENDING + 1))) pending.delete(id);
    const id = randomToken(16);
    pending.set(id, waiting);
    return id;
  };
  const take = (tenant: string, id: string): Waiting => {
    const waiting = pending.get(id);
    // Looked at before it is taken: another wallet's owner can neither send nor drop it.
    if (waiting === undefined || waiting.tenant !== tenant) throw refused('NOT_FOUND', 'proposal');
    pending.delete(id);
    if (!endsAfter(waiting.expiresAt, clock.now())) throw refused('NOT_FOUND', 'proposal');
    return waiting;
  };

  router.post(
    '/wallets/:tenant/proposals',
    owned(async ({ holder, config }, ctx) => {
      const proposal = unwrap(await holder.presenter.fetchProposal(requireText(await readJson(ctx, maxBodyBytes), 'request')));
      const id = keep({
        tenant: config.tenant,
        proposal,
        expiresAt: proposal.request.expiresAt,
        accept: async () => ({ ...unwrap(await holder.presenter.send(proposal)) }),
      });
      ctx.status = 201;
      ctx.body = toProposalView(id, proposal);
    }),
  );
  router.post(
    '/wallets/:tenant/visits',
    owned(async (wallet, ctx) => {
      const visit = await startVisit(wallet, readCall(await readJson(ctx, maxBodyBytes)), parts);
      if (!('proposal' in visit)) {
        ctx.body = toAnswerView(unwrap(visit.answer));
        return;
      }
      const { proposal, accept } = visit;
      const id = keep({ tenant: wallet.config.tenant, proposal, expiresAt: proposal.request.expiresAt, accept });
      ctx.status = 201;
      ctx.body = toProposalView(id, proposal);
    }),
  );
  router.post(
    '/wallets/:tenant/proposals/:id',
    owned(async ({ config }, ctx) => {
      ctx.body = await take(config.tenant, paramOf(ctx, 'id')).accept();
    }),
  );
  router.delete(
    '/wallets/:tenant/proposals/:id',
    owned(async ({ config }, ctx) => {
      take(config.tenant, paramOf(ctx, 'id'));
      ctx.status = 204;
    }),
  );
}

/** A call of a resource behind a gate, as the owner asks for it. */
export function readCall(body: JsonObject): ResourceCall {
  const method = METHODS.find((known) => known === (optionalText(body, 'method') ?? 'GET'));
  if (method === undefined) throw refused('REQUEST_MALFORMED', `method: one of ${METHODS.join(', ')}`);
  const sent = memberOf(body, 'body');
  return { url: requireText(body, 'url'), method, ...(sent === undefined ? {} : { body: sent }) };
}

/** What came of such a call. */
export function toAnswerView(answer: ResourceAnswer): JsonObject {
  return { from: answer.from, status: answer.status, body: answer.json ?? new TextDecoder().decode(answer.bytes) };
}

/**
 * Walks to a resource and stops where its gate asks to be shown something. The rest of the walk is a promise that only
 * `accept` lets go on; a visit that is declined or forgotten is garbage, for nothing is open on the network.
 */
async function startVisit(
  { holder }: WalletRuntime,
  call: ResourceCall,
  parts: ConsentParts,
): Promise<{ readonly answer: Outcome<ResourceAnswer> } | { readonly proposal: Proposal; accept(): Promise<JsonObject> }> {
  let ask: (proposal: Proposal) => void = () => undefined;
  let goOn: () => void = () => undefined;
  const asked = new Promise<Proposal>((resolve) => (ask = resolve));
  const consent = new Promise<void>((resolve) => (goOn = resolve));
  // A client for this visit alone: tokens that programs drew in the owner's name are no consent.
  const client = createGateClient({
    fetch: parts.fetch,
    clock: parts.clock,
    holder: {
      signersFor: (audience) => holder.signersFor(audience),
      present: async (requestUri, asked) => {
        const proposal = await holder.presenter.fetchProposal(requestUri, asked);
        if (!proposal.ok) return proposal;
        ask(proposal.value);
        await consent;
        return holder.presenter.send(proposal.value);
      },
    },
  });
  const answer = client.accessResource(call);
  return Promise.race([
    answer.then((value) => ({ answer: value })),
    asked.then((proposal) => ({
      proposal,
      accept: async () => {
        goOn();
        return toAnswerView(unwrap(await answer));
      },
    })),
  ]);
}
