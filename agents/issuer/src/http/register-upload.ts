import { PassThrough } from 'node:stream';
import { InputError, refuse } from '@gridpass/core';
import type { Outcome, TenantId } from '@gridpass/core';
import type { IssuerEngine, Operator, RegisterProgress } from '@gridpass/issue';
import { Refused } from '@gridpass/gate';
import type { Context } from 'koa';
import { requestIdOf, toAnswer, unwrap } from './answer.js';
import { assertMediaType, queryOf } from './read.js';
import type { HttpParts } from './tenant-runtime.js';

type RegisterImport = Parameters<IssuerEngine['importRegister']>[0];
type Imported = Awaited<ReturnType<IssuerEngine['importRegister']>> extends Outcome<infer Report> ? Report : never;

/** A line of progress for every so many rows. */
const ROWS_PER_LINE = 100;
const KINDS = ['party', 'area'] as const;

/**
 * Imports the uploaded CSV while it arrives. A client that accepts NDJSON is told the progress line by line and the
 * report, or the error, last; any other gets the report alone. With `?whole=party`,
 * `area` or `party,area` entries of these kinds that the file does not hold have vanished; `mayVanish` confirms how many, where they are many.
 */
export async function answerRegisterImport(
  ctx: Context,
  parts: Pick<HttpParts, 'engine' | 'config'>,
  tenant: TenantId,
  operator: Operator,
): Promise<void> {
  assertMediaType(ctx, 'text/csv');
  const requestId = requestIdOf(ctx);
  const covered = { ...wholeOf(ctx), ...mayVanishOf(ctx) };
  const run = async (onProgress: (progress: RegisterProgress) => void): Promise<Imported> =>
    unwrap(
      await parts.engine.importRegister(
        { tenant, input: bounded(ctx, parts.config.maxRegisterBytes), requestId, onProgress, ...covered },
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
        // An InputError's message, and what is refused of a register, is written for the person who sent the file.
        const isTold = error instanceof InputError || (error instanceof Refused && error.refusal.stage === 'register');
        write({ error: { code, requestId, ...(isTold ? { detail } : {}) } });
      },
    )
    .finally(() => lines.end());
}

/** The kinds of which the file is said to be the whole register. */
function wholeOf(ctx: Context): Pick<RegisterImport, 'whole'> {
  const text = queryOf(ctx, 'whole');
  if (text === undefined) return {};
  const kinds = text.split(',').map((kind) => KINDS.find((known) => known === kind));
  const whole = kinds.filter((kind) => kind !== undefined);
  return whole.length === kinds.length
    ? { whole }
    : unwrap(
        refuse('REQUEST_MALFORMED', 'query', 'whole: names the kinds of which the file is the whole register: party, area or party,area'),
      );
}

function mayVanishOf(ctx: Context): Pick<RegisterImport, 'mayVanish'> {
  const text = queryOf(ctx, 'mayVanish');
  if (text === undefined) return {};
  if (queryOf(ctx, 'whole') === undefined) unwrap(refuse('REQUEST_MALFORMED', 'query', 'mayVanish: only together with whole'));
  return /^(?:0|[1-9][0-9]{0,8})$/.test(text)
    ? { mayVanish: Number(text) }
    : unwrap(refuse('REQUEST_MALFORMED', 'query', 'mayVanish: how many entries may vanish, a whole number'));
}

async function* bounded(ctx: Context, maxBytes: number): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const chunk of ctx.req as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new InputError('BODY_TOO_LARGE', `the register is larger than ${maxBytes} bytes`);
    yield chunk;
  }
}
