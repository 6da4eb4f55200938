import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { checkLogExport } from '@gridpass/audit';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import type { JsonObject, JsonValue, PublicJwk } from '@gridpass/core';
import { parsePublicJwk } from '@gridpass/keys';
import { askJson, askLines } from '../adapters/http.js';
import { AnswerIsNo, CommandError } from '../io.js';
import type { Io } from '../io.js';
import { printJson } from '../print.js';
import { resolveTarget } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { addTargetOptions } from './target-options.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly key?: string;
  readonly checkpoint?: readonly string[];
}

/** `gridpass audit`: check a log without trusting who keeps it. */
export function addAuditCommands(program: Command, io: Io): void {
  const audit = program.command('audit').description('audit logs');
  addTargetOptions(
    audit
      .command('verify')
      .description('check an exported log offline, or the log of a running issuer')
      .argument('[file]', 'an export as NDJSON; without it the log of --tenant is fetched'),
  )
    .option('--key <file>', "the log's public key as JWK, from somewhere you trust; without it the key that comes with the log")
    .option('--checkpoint <file...>', 'checkpoints kept from earlier: what they state must still be so')
    .action((file: string | undefined, options: Options) => verify(io, file, options));
}

async function verify(io: Io, file: string | undefined, options: Options): Promise<void> {
  const { lines, servedKey } =
    file === undefined ? await fetchLog(io, options) : { lines: readLines(resolve(io.directory, file)), servedKey: undefined };
  const source = new FirstLine(lines);
  const keySource = options.key !== undefined ? 'file' : servedKey !== undefined ? 'server' : 'export';
  const publicJwk =
    options.key !== undefined
      ? toKey(await readJson(resolve(io.directory, options.key)), options.key)
      : (servedKey ?? keyOfHeader(await source.first()));
  const checkpoints = await Promise.all((options.checkpoint ?? []).map((path) => readText(resolve(io.directory, path))));
  const actions = new Map<string, number>();
  const checked = await checkLogExport(source.all(), {
    publicJwk,
    checkpoints,
    onEntry: (_index, entry) => {
      const action = memberOf(entry, 'action');
      if (typeof action === 'string') actions.set(action, (actions.get(action) ?? 0) + 1);
    },
  });
  if (!checked.ok) {
    printJson(io, { ok: false, code: checked.refusal.code, detail: checked.refusal.detail });
    throw new AnswerIsNo();
  }
  const summary = { ok: true, ...checked.value, keySource, actions: Object.fromEntries([...actions].sort()) };
  if (options.json === true) return printJson(io, summary);
  io.out(
    `${checked.value.origin}: ${checked.value.size} entries, ${checked.value.checkpoints} checkpoints, root ${checked.value.rootHash}: consistent\n`,
  );
  for (const [action, count] of [...actions].sort()) io.out(`  ${String(count).padStart(6)}  ${action}\n`);
  if (keySource !== 'file')
    io.out('the key came with the log; to rely on the result, compare it with one you trust and pass it with --key\n');
  return undefined;
}

async function fetchLog(io: Io, options: Options): Promise<{ readonly lines: AsyncIterable<string>; readonly servedKey: PublicJwk }> {
  const { url, tenant, token } = await resolveTarget(io, options);
  const base = `${url}/t/${encodeURIComponent(tenant)}`;
  const served = await askJson({ url: `${base}/audit/key`, method: 'GET' });
  return {
    servedKey: toKey(memberOf(served, 'publicJwk') ?? null, base),
    lines: askLines({ url: `${base}/admin/audit/export`, method: 'GET', token }),
  };
}

async function* readLines(path: string): AsyncIterable<string> {
  const input = createReadStream(path, 'utf8');
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) yield line;
  } catch (cause) {
    throw new CommandError('REQUEST_MALFORMED', `${path} cannot be read`, { cause });
  }
}

/** Lets the first line be looked at before all lines are read. */
class FirstLine {
  readonly #lines: AsyncIterator<string>;
  #first: string | undefined;

  constructor(lines: AsyncIterable<string>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async first(): Promise<string> {
    const next = await this.#lines.next();
    this.#first = next.done === true ? '' : next.value;
    return this.#first;
  }

  async *all(): AsyncIterable<string> {
    if (this.#first !== undefined) yield this.#first;
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next()) yield next.value;
  }
}

function keyOfHeader(line: string): PublicJwk {
  const json = parseJson(line);
  const header: JsonObject = json.ok && isJsonObject(json.value) ? json.value : {};
  return toKey(memberOf(header, 'key') ?? null, 'the export');
}

function toKey(value: JsonValue, where: string): PublicJwk {
  const key = parsePublicJwk(value);
  if (!key.ok) throw new CommandError('REQUEST_MALFORMED', `${where} holds no public key`);
  return key.value;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandError('CONFIG_INVALID', `${path} cannot be read`, { cause });
  }
}

async function readJson(path: string): Promise<JsonValue> {
  const json = parseJson(await readText(path));
  if (!json.ok) throw new CommandError('CONFIG_INVALID', `${path} is not JSON`);
  return json.value;
}
