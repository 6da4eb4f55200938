import { Readable } from 'node:stream';
import { randomToken } from '@gridpass/codec';
import { type AuditPort, type Clock, type RequestId, type TenantId } from '@gridpass/core';
import { checkQuery, turnAway, type Gate } from '@gridpass/gate';
import type { KeptEvidence } from './kept-evidence.js';
import { assertOperatorToken } from './own-did-routes.js';

type Handler = ReturnType<Gate['limit']>;

/** What the routes of an auditor are made of. */
export interface AuditorRouteParts {
  readonly tenant: TenantId;
  readonly gate: Pick<Gate, 'limit' | 'flush'>;
  readonly audit: AuditPort;
  readonly clock: Clock;
  readonly exportLog: () => AsyncIterable<string>;
  readonly evidence: KeptEvidence;
  readonly auditorTokenDigest: string;
}

/** `GET /auditor/log` and `GET /auditor/evidence`, as NDJSON. Reading what persons showed is itself a line in the log, before the first of it leaves. */
export function addAuditorRoutes(get: (path: string, limit: Handler, handler: Handler) => unknown, parts: AuditorRouteParts): void {
  const { gate, auditorTokenDigest } = parts;
  get('/auditor/log', gate.limit(), async (ctx) => {
    assertAsked(ctx, auditorTokenDigest);
    await gate.flush();
    answerLines(ctx, parts.exportLog());
  });
  get('/auditor/evidence', gate.limit(), async (ctx) => {
    assertAsked(ctx, auditorTokenDigest);
    await parts.audit.appendRecord(parts.tenant, {
      kind: 'act',
      requestId: randomToken(16) as RequestId,
      at: parts.clock.now(),
      action: 'evidence.export',
      actor: 'auditor',
      reasons: [],
      evidence: {},
    });
    answerLines(ctx, parts.evidence.exportEvidence());
  });
}

function assertAsked(ctx: Parameters<Handler>[0], digest: string): void {
  assertOperatorToken(ctx, digest, 'auditor');
  const read = checkQuery(ctx, {});
  if (!read.ok) throw turnAway(randomToken(16) as RequestId, read.refusal);
}

/** Answers with lines as NDJSON, as they are read. */
export function answerLines(ctx: Parameters<Handler>[0], lines: AsyncIterable<string>): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.body = Readable.from(withLineEnds(lines));
  ctx.type = 'application/x-ndjson';
}

async function* withLineEnds(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield line.endsWith('\n') ? line : `${line}\n`;
}
