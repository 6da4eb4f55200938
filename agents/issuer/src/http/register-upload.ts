import { PassThrough } from 'node:stream';
import { refuse } from '@gridpass/core';
import type { Outcome, TenantId } from '@gridpass/core';
import { checkDuty } from '@gridpass/issue';
import type { IssuerEngine, Operator, RegisterProgress } from '@gridpass/issue';
import type { Context } from 'koa';
import { reasonFor, requestIdOf, toAnswer, unwrap } from './answer.js';
import type { RequestEvent } from './answer.js';
import { assertMediaType, queryOf } from './read.js';
import type { HttpParts } from './tenant-runtime.js';
import type { Uploads } from './uploads.js';

type RegisterImport = Parameters<IssuerEngine['importRegister']>[0];
type Imported = Awaited<ReturnType<IssuerEngine['importRegister']>> extends Outcome<infer Report> ? Report : never;

/** A line of progress for every so many rows. */
const ROWS_PER_LINE = 100;
const KINDS = ['party', 'area'] as const;

/**
 * Imports the uploaded CSV once it is here as a whole: what is wrong with the request, or breaks off, changes nothing. A client that accepts
 * NDJSON is told the progress line by line and the report, or the error, last; what ends before the first line has its own status, as
 * for any other client, who gets the report alone. With `?whole=party`, `area` or `party,area` entries of these kinds that the
 * file does not hold have vanished; `mayVanish` confirms how many, where they are many.
 */
export async function answerRegisterImport(
  ctx: Context,
  parts: Pick<HttpParts, 'engine' | 'log'> & { readonly uploads: Uploads },
  tenant: TenantId,
  operator: Operator,
): Promise<void> {
  unwrap(checkDuty(operator, 'import'));
  assertMediaType(ctx, 'text/csv');
  const covered = { ...wholeOf(ctx), ...mayVanishOf(ctx) };
  const requestId = requestIdOf(ctx);
  const upload = unwrap(await parts.uploads.receive(ctx));
  const run = async (onProgress: (progress: RegisterProgress) => void): Promise<Imported> => {
    try {
      return unwrap(await parts.engine.importRegister({ tenant, input: upload.read(), requestId, onProgress, ...covered }, operator));
    } finally {
      await upload.close();
    }
  };
  if (ctx.accepts('application/json', 'application/x-ndjson') === 'application/x-ndjson') {
    ctx.body = await tellLines(ctx, parts, run);
    ctx.type = 'application/x-ndjson';
  } else ctx.body = await run(() => undefined);
}

/** The lines of a run, as soon as there is one; rejects with what ends the run before that. The end of a run that went on is in the log. */
function tellLines(
  ctx: Context,
  { log }: Pick<HttpParts, 'log'>,
  run: (onProgress: (progress: RegisterProgress) => void) => Promise<Imported>,
): Promise<PassThrough> {
  const requestId = requestIdOf(ctx);
  const lines = new PassThrough();
  const write = (line: object): void => {
    lines.write(`${JSON.stringify(line)}\n`);
  };
  return new Promise((resolve) => {
    let isBegun = false;
    const end = (event: Pick<RequestEvent, 'status' | 'code' | 'detail'>, line: object): void => {
      write(line);
      lines.end();
      if (isBegun) log({ requestId, method: ctx.method, route: '/t/:tenant/admin/register', ...event });
      resolve(lines);
    };
    const running = run((progress) => {
      if (progress.rows % ROWS_PER_LINE !== 0) return;
      write({ progress });
      isBegun = true;
      resolve(lines);
    });
    running.then(
      (report) => end({ status: 200 }, { report }),
      (error: unknown) => {
        const answer = toAnswer(error);
        if (isBegun) end(answer, { error: { code: answer.code, requestId, ...reasonFor(ctx, error) } });
        else resolve(running.then(() => lines));
      },
    );
  });
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
