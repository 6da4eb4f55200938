import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { types } from 'node:util';
import type { Command } from 'commander';
import { askLines } from '../adapters/http.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { printJson } from '../print.js';

interface Options {
  readonly url: string;
  readonly log: string;
  readonly evidence: string;
  readonly json?: boolean;
}

/** `gridpass policy evidence`: what a replay needs, fetched from a running gate by its auditor. */
export function addPolicyEvidence(policy: Command, io: Io): void {
  policy
    .command('evidence')
    .description('fetch the log of a gate and what its decisions were taken on, for `replay`; the token comes from AUDITOR_TOKEN')
    .requiredOption('--url <address>', 'the address of the marketplace or ledger gate')
    .requiredOption('--log <file>', 'where to write the log, as NDJSON; a file that is there is left alone')
    .requiredOption('--evidence <file>', 'where to write the evidence, as NDJSON: it says what persons showed')
    .option('--json', 'print JSON')
    .action((options: Options) => fetchBoth(io, options));
}

async function fetchBoth(io: Io, { url, log, evidence, json }: Options): Promise<void> {
  const token = io.env['AUDITOR_TOKEN'];
  if (token === undefined) throw new CommandError('ADMIN_TOKEN_INVALID', 'set AUDITOR_TOKEN to the token that auditorTokenDigest is of');
  const base = url.replace(/\/+$/u, '');
  // The log first: each decision in it had its evidence before.
  const logLines = await write(resolve(io.directory, log), askLines({ url: `${base}/auditor/log`, method: 'GET', token }));
  const evidenceLines = await write(resolve(io.directory, evidence), askLines({ url: `${base}/auditor/evidence`, method: 'GET', token }));
  if (json === true) return printJson(io, { log, logLines, evidence, evidenceLines });
  io.out(`${log}: ${logLines} lines\n${evidence}: ${evidenceLines} lines, readable by you alone; remove it when you are done\n`);
  return undefined;
}

async function write(path: string, lines: AsyncIterable<string>): Promise<number> {
  const iterator = lines[Symbol.asyncIterator]();
  // Nothing is made where the answer is no.
  let next = await iterator.next();
  const file = await create(path);
  let count = 0;
  try {
    for (; next.done !== true; next = await iterator.next()) {
      await file.write(`${next.value}\n`);
      count += 1;
    }
  } finally {
    await file.close();
  }
  return count;
}

async function create(path: string): ReturnType<typeof open> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    const exists = types.isNativeError(cause) && 'code' in cause && cause.code === 'EEXIST';
    throw new CommandError('CONFIG_INVALID', `${path} ${exists ? 'is there already' : 'cannot be written'}`, { cause });
  }
}
