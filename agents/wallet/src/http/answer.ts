import { createProgramErrorMapper, noteRequest } from '@gridpass/gate';
import type { Refusal } from '@gridpass/core';
import type { RequestEvent } from '@gridpass/gate';
import { tellOwner } from '@gridpass/hold';
import type { Context, Middleware } from 'koa';

export { Refused, unwrap } from '@gridpass/gate';
export type { RequestEvent } from '@gridpass/gate';

// To its owner a wallet says why: these details name types, claims, codes and settings, and nobody else reads them. What a setting
// of this program turned down names that setting.
const EXPLAINED: ReadonlySet<string> = new Set([
  'REQUEST_MALFORMED',
  'MEDIA_TYPE_UNSUPPORTED',
  'QUERY_UNSATISFIABLE',
  'REQUEST_NOT_TRUSTED',
  'ARCHIVE_INVALID',
  'URL_NOT_ALLOWED',
  'BODY_TOO_LARGE',
  'DID_NOT_FOUND',
  'DID_METHOD_UNSUPPORTED',
  'ISSUER_NOT_ACCREDITED',
  'CHAIN_TOO_LONG',
  'STATUS_LIST_INVALID',
]);

// What is refused at these is about what was asked for, whatever its code.
const TOLD_STAGES: ReadonlySet<string> = new Set(['lifecycle', 'input']);

/** From here on the request is one of the wallet's owner, who has shown the wallet's token. The log knows the wallet as `tenant`. */
export function markOwner(ctx: Context, tenant: string): void {
  ctx.state['isOwner'] = true;
  noteRequest(ctx.req, { tenant, actor: 'owner' });
}

/** From here on the request receives or applies: whatever that is refused with, its owner is told why and what to do. */
export function markReceiving(ctx: Context): void {
  ctx.state['isReceiving'] = true;
}

function reasonTo(ctx: Context, { code, stage, detail }: Refusal): { readonly because?: readonly string[] } {
  if (ctx.state['isOwner'] !== true) return {};
  if (ctx.state['isReceiving'] === true) return { because: tellOwner(code, detail).split('; ') };
  return EXPLAINED.has(code) || TOLD_STAGES.has(stage) ? { because: detail.split('; ') } : {};
}

/** The one error mapper, outermost. What a wallet was asked for is about a person: the log hears codes alone. */
export function createErrorMapper(log: (event: RequestEvent) => void): Middleware {
  return createProgramErrorMapper({
    log,
    logsDetail: false,
    explain: (refusal, ctx) => reasonTo(ctx, refusal),
  });
}
