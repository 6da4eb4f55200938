import Router from '@koa/router';
import { constantTimeEqual, digestOf, memberOf, randomToken } from '@gridpass/codec';
import type { Clock, Instant } from '@gridpass/core';
import type { Proposal } from '@gridpass/hold';
import type { Context, Middleware } from 'koa';
import type { WalletRuntime } from '../wallet-runtime.js';
import { unwrap } from './answer.js';
import { optionalText, readJson, refused, requireText } from './body.js';
import { toCredentialView, toProposalView } from './views.js';

/** What the routes work on. */
export interface RouteParts {
  readonly wallets: ReadonlyMap<string, WalletRuntime>;
  readonly clock: Clock;
  readonly maxBodyBytes: number;
}

type Handler = (wallet: WalletRuntime, ctx: Context) => Promise<void>;

const MAX_PENDING = 32;

/** The wallet's REST face for its owner; every route but the health check wants the wallet's own bearer token. */
export function createWalletRoutes(parts: RouteParts): Middleware {
  const router = new Router({ sensitive: true, strict: true });
  const json = (ctx: Context) => readJson(ctx, parts.maxBodyBytes);
  const owned =
    (handler: Handler) =>
    async (ctx: Context): Promise<void> =>
      handler(ownWallet(parts.wallets, ctx), ctx);

  router.get('/healthz', (ctx) => {
    ctx.body = { program: 'gridpass wallet', wallets: [...parts.wallets.keys()] };
  });
  router.get(
    '/wallets/:tenant',
    owned(async ({ config, did }, ctx) => {
      ctx.body = { tenant: config.tenant, displayName: config.displayName, kind: config.kind, ...(did === undefined ? {} : { did }) };
    }),
  );
  router.post(
    '/wallets/:tenant/offers',
    owned(async ({ holder }, ctx) => {
      const body = await json(ctx);
      const txCode = optionalText(body, 'txCode');
      const held = unwrap(await holder.receiveOffer(requireText(body, 'offer'), txCode === undefined ? {} : { txCode }));
      ctx.status = 201;
      ctx.body = { credentials: held.map((credential) => toCredentialView(credential, parts.clock.now())) };
    }),
  );
  router.get(
    '/wallets/:tenant/credentials',
    owned(async ({ holder }, ctx) => {
      ctx.body = { credentials: (await holder.credentials()).map((credential) => toCredentialView(credential, parts.clock.now())) };
    }),
  );
  router.post(
    '/wallets/:tenant/credentials/refresh',
    owned(async ({ holder }, ctx) => {
      ctx.body = { changed: await holder.refreshStates() };
    }),
  );
  router.delete(
    '/wallets/:tenant/credentials/:id',
    owned(async ({ holder }, ctx) => {
      if (!(await holder.removeCredential(paramOf(ctx, 'id')))) throw refused('NOT_FOUND', 'credential');
      ctx.status = 204;
    }),
  );
  addConsentRoutes(router, parts, owned);
  router.post(
    '/wallets/:tenant/present',
    owned(async ({ holder }, ctx) => {
      ctx.body = unwrap(await holder.present(requireText(await json(ctx), 'request')));
    }),
  );
  router.post(
    '/wallets/:tenant/access',
    owned(async ({ client }, ctx) => {
      const call = await json(ctx);
      const method = METHODS.find((known) => known === (optionalText(call, 'method') ?? 'GET'));
      const body = memberOf(call, 'body');
      if (method === undefined) throw refused('REQUEST_MALFORMED', 'method: GET, POST, PUT, PATCH or DELETE');
      const answer = unwrap(
        await client.accessResource({ url: requireText(call, 'url'), method, ...(body === undefined ? {} : { body }) }),
      );
      ctx.body = { from: answer.from, status: answer.status, body: answer.json ?? new TextDecoder().decode(answer.bytes) };
    }),
  );
  router.get(
    '/wallets/:tenant/disclosures',
    owned(async ({ holder }, ctx) => {
      ctx.body = { disclosures: await holder.disclosures() };
    }),
  );
  router.get(
    '/wallets/:tenant/disclosures.ndjson',
    owned(async ({ holder }, ctx) => {
      ctx.type = 'application/x-ndjson';
      ctx.body = (await holder.disclosures()).map((disclosure) => `${JSON.stringify(disclosure)}\n`).join('');
    }),
  );
  router.delete(
    '/wallets/:tenant/disclosures',
    owned(async ({ holder }, ctx) => {
      ctx.body = { erased: await holder.eraseDisclosures() };
    }),
  );
  router.post(
    '/wallets/:tenant/export',
    owned(async ({ holder }, ctx) => {
      ctx.body = { archive: await holder.exportArchive(requireText(await json(ctx), 'passphrase')) };
    }),
  );
  router.post(
    '/wallets/:tenant/import',
    owned(async ({ holder, client }, ctx) => {
      const body = await json(ctx);
      ctx.body = unwrap(await holder.importArchive(requireText(body, 'archive'), requireText(body, 'passphrase')));
      client.forgetTokens();
    }),
  );
  router.post(
    '/wallets/:tenant/leave',
    owned(async ({ holder, client }, ctx) => {
      await holder.leave();
      client.forgetTokens();
      ctx.status = 204;
    }),
  );
  return router.routes() as Middleware;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Consent in two steps: what would be shown is laid out, and leaves the wallet only when its owner says so. */
function addConsentRoutes(router: Router, parts: RouteParts, owned: (handler: Handler) => (ctx: Context) => Promise<void>): void {
  // Proposals wait in memory: a restart means asking the verifier again, and nothing was sent.
  const pending = new Map<string, { readonly tenant: string; readonly proposal: Proposal; readonly expiresAt: Instant }>();
  const take = (tenant: string, id: string): Proposal => {
    const waiting = pending.get(id);
    // Looked at before it is taken: another wallet's owner can neither send nor drop it.
    if (waiting === undefined || waiting.tenant !== tenant) throw refused('NOT_FOUND', 'proposal');
    pending.delete(id);
    if (waiting.expiresAt <= parts.clock.now()) throw refused('NOT_FOUND', 'proposal');
    return waiting.proposal;
  };
  router.post(
    '/wallets/:tenant/proposals',
    owned(async ({ holder, config }, ctx) => {
      const proposal = unwrap(await holder.presenter.fetchProposal(requireText(await readJson(ctx, parts.maxBodyBytes), 'request')));
      for (const [id, waiting] of pending) if (waiting.expiresAt <= parts.clock.now()) pending.delete(id);
      // Each wallet has its own number, so that no owner pushes out what another is looking at.
      const own = [...pending].filter(([, waiting]) => waiting.tenant === config.tenant);
      for (const [id] of own.slice(0, Math.max(0, own.length - MAX_PENDING + 1))) pending.delete(id);
      const id = randomToken(16);
      pending.set(id, { tenant: config.tenant, proposal, expiresAt: proposal.request.expiresAt });
      ctx.status = 201;
      ctx.body = toProposalView(id, proposal);
    }),
  );
  router.post(
    '/wallets/:tenant/proposals/:id',
    owned(async ({ holder, config }, ctx) => {
      ctx.body = unwrap(await holder.presenter.send(take(config.tenant, paramOf(ctx, 'id'))));
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

// The same answer for a wallet that is not there and a token that is wrong, in the same time.
function ownWallet(wallets: ReadonlyMap<string, WalletRuntime>, ctx: Context): WalletRuntime {
  const wallet = wallets.get(paramOf(ctx, 'tenant'));
  const token = /^Bearer ([\x21-\x7e]{16,512})$/i.exec(ctx.get('authorization'))?.[1] ?? '';
  if (!constantTimeEqual(digestOf(token), wallet?.config.tokenDigest ?? '') || wallet === undefined)
    throw refused('ADMIN_TOKEN_INVALID', 'authorization');
  return wallet;
}

function paramOf(ctx: Context, name: string): string {
  const params: unknown = ctx['params'];
  const value: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, name) : undefined;
  return typeof value === 'string' ? value : '';
}
