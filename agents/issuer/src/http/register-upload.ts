import { PassThrough } from 'node:stream';
import { InputError, refuse } from '@gridpass/core';
import type { Outcome, TenantId } from '@gridpass/core';
import type { IssuerEngine, Operator, RegisterProgress } from '@gridpass/issue';
import type { Context } from 'koa';
import { requestIdOf, toAnswer, unwrap } from './answer.js';
import { assertMediaType, queryOf } from './read.js';
import type { HttpParts } from './tenant-runtime.js';

type Imported = Awaited<ReturnType<IssuerEngine['importRegister']>> extends Outcome<infer Report> ? Report : never;

/** A line of progress for every so many rows. */
const ROWS_PER_LINE = 100;

/**
 * Imports the uploaded CSV while it arrives. A client that accepts NDJSON is told the progress line by line and the
 * report, or the error, last; any other gets the report alone. With `?whole=true` entries that the file does not hold have vanished.
 */
export async function answerRegisterImport(
  ctx: Context,
  parts: Pick<HttpParts, 'engine' | 'config'>,
  tenant: TenantId,
  operator: Operator,
): Promise<void> {
  assertMediaType(ctx, 'text/csv');
  const requestId = requestIdOf(ctx);
  const whole = queryOf(ctx, 'whole') ?? 'false';
  if (whole !== 'true' && whole !== 'false') unwrap(refuse('REQUEST_MALFORMED', 'query', 'whole: neither true nor false'));
  const run = async (onProgress: (progress: RegisterProgress) => void): Promise<Imported> =>
    unwrap(
      await parts.engine.importRegister(
        { tenant, input: bounded(ctx, parts.config.maxRegisterBytes), requestId, onProgress, whole: whole === 'true' },
        operator,
      ),
    );
  if (ctx.accepts('application/json', 'application/x-ndjson') !== 'application/x-ndjson') {
    ctx.body = await run(() => undefined);
    return;
  }
  const lines = new PassThrough();
  const write = (line: object): void => {
    lines.write(`${JSON.stringify(line)}\n`);
  };
  ctx.status = 200;
  ctx.body = lines;
  ctx.type = 'application/x-ndjson';
  void run((progress) => {
    if (progress.rows % ROWS_PER_LINE === 0) write({ progress });
  })
    .then(
      (report) => write({ report }),
      (error: unknown) => {
        const { code, detail } = toAnswer(error);
        // An InputError's message is written for the person who sent the file.
        write({ error: { code, requestId, ...(error instanceof InputError ? { detail } : {}) } });
      },
    )
    .finally(() => lines.end());
}

async function* bounded(ctx: Context, maxBytes: number): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of ctx.req as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new InputError('BODY_TOO_LARGE', `the register is larger than ${maxBytes} bytes`);
    yield chunk;
  }
}
