import { createProgramErrorMapper } from '@gridpass/gate';
import type { RequestEvent } from '@gridpass/gate';
import type { Middleware } from 'koa';

export { Refused, unwrap } from '@gridpass/gate';
export type { RequestEvent } from '@gridpass/gate';

// To its owner a wallet says why: these details name types, claims, codes and settings, and nobody else reads them. What a setting
// of this program turned down names that setting.
const EXPLAINED: ReadonlySet<string> = new Set([
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

/** The one error mapper, outermost. What a wallet was asked for is about a person: the log hears codes alone. */
export function createErrorMapper(log: (event: RequestEvent) => void): Middleware {
  return createProgramErrorMapper({
    log,
    logsDetail: false,
    explain: ({ code, stage, detail }) => (EXPLAINED.has(code) || stage === 'lifecycle' ? { because: detail.split('; ') } : {}),
  });
}
