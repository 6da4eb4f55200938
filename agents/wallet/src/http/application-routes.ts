import type Router from '@koa/router';
import { memberOf, textsOf } from '@gridpass/codec';
import { CREDENTIAL_TYPES, instant } from '@gridpass/core';
import type { JsonObject } from '@gridpass/core';
import { parseDid } from '@gridpass/did';
import type { ApplicationWish } from '@gridpass/hold';
import type { Context } from 'koa';
import type { WalletRuntime } from '../wallet-runtime.js';
import { markReceiving, unwrap } from './answer.js';
import { optionalText, paramOf, readJson, refused, requireText } from './body.js';
import { toApplicationView } from './views.js';

type Owned = (handler: (wallet: WalletRuntime, ctx: Context) => Promise<void>) => (ctx: Context) => Promise<void>;

const MEMBERS = ['issuer', 'type', 'claims', 'subject', 'validUntil', 'evidence', 'audience'];
const MAX_EVIDENCE = 8;

/** What a wallet applied for at issuers: apply, look, ask now, forget. */
export function addApplicationRoutes(router: Router, { maxBodyBytes }: { readonly maxBodyBytes: number }, owned: Owned): void {
  const path = '/wallets/:tenant/applications';
  router.post(
    path,
    owned(async ({ holder }, ctx) => {
      const wish = readWish(await readJson(ctx, maxBodyBytes));
      markReceiving(ctx);
      ctx.body = toApplicationView(unwrap(await holder.apply(wish)));
      ctx.status = 202;
    }),
  );
  router.get(
    path,
    owned(async ({ holder }, ctx) => {
      ctx.body = { applications: (await holder.applications()).map(toApplicationView) };
    }),
  );
  router.post(
    `${path}/refresh`,
    owned(async ({ holder }, ctx) => {
      ctx.body = { changed: await holder.refreshApplications() };
    }),
  );
  router.delete(
    `${path}/:id`,
    owned(async ({ holder }, ctx) => {
      if (!(await holder.removeApplication(paramOf(ctx, 'id')))) throw refused('NOT_FOUND', 'application');
      ctx.status = 204;
    }),
  );
}

function readWish(body: JsonObject): ApplicationWish {
  // A member that nobody reads (evidense) would be a wish that is not granted.
  const stranger = Object.keys(body).find((name) => !MEMBERS.includes(name));
  if (stranger !== undefined) throw refused('REQUEST_MALFORMED', `${stranger}: none of ${MEMBERS.join(', ')}`);
  const name = requireText(body, 'type');
  const type = CREDENTIAL_TYPES.find((known) => known === name);
  if (type === undefined) throw refused('CREDENTIAL_CONFIGURATION_UNKNOWN', `type: one of ${CREDENTIAL_TYPES.join(', ')}`);
  const claims = memberOf(body, 'claims');
  if (claims === undefined) throw refused('REQUEST_MALFORMED', 'claims: an object');
  const [subject, audience, until] = [optionalText(body, 'subject'), optionalText(body, 'audience'), memberOf(body, 'validUntil')];
  if (until !== undefined && (typeof until !== 'number' || !Number.isSafeInteger(until) || until < 1))
    throw refused('REQUEST_MALFORMED', 'validUntil: whole seconds since 1970');
  const shown = memberOf(body, 'evidence');
  const evidence = shown === undefined ? [] : textsOf(shown);
  if (evidence === undefined || evidence.length > MAX_EVIDENCE)
    throw refused('REQUEST_MALFORMED', `evidence: at most ${MAX_EVIDENCE} ids of credentials`);
  return {
    issuer: requireText(body, 'issuer'),
    type,
    claims,
    evidence,
    ...(subject === undefined ? {} : { subject: unwrap(parseDid(subject)) }),
    ...(audience === undefined ? {} : { audience }),
    ...(until === undefined ? {} : { validUntil: instant(until) }),
  };
}
