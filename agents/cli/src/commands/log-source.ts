import type { Command } from 'commander';
import { memberOf } from '@gridpass/codec';
import type { PublicJwk } from '@gridpass/core';
import { askJson, askLines } from '../adapters/http.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { resolveTarget, trimmed } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { toKey } from './log-file.js';
import { addTargetOptions } from './target-options.js';

/** Which running program's log is meant. */
export interface LogOptions extends TargetOptions {
  readonly wallet?: string;
}

/** The lines of a log, with the key that an issuer says it is signed with; others send the key with the log alone. */
export interface FetchedLog {
  readonly lines: AsyncIterable<string>;
  readonly servedKey?: PublicJwk;
}

/** The options that {@link fetchLog} reads. */
export function addLogOptions(command: Command): Command {
  return addTargetOptions(command)
    .option('--wallet <id>', "with --url: the log of an organisation's wallet, with the token of its owner from OWNER_TOKEN")
    .addHelpText('after', `\n${HELP}\n`);
}

const HELP = [
  'Which log: an issuer with --tenant (and --url with OPERATOR_TOKEN, or the society on this machine); a marketplace or a ledger',
  'gate with --url alone and AUDITOR_TOKEN; a wallet with --url, --wallet and OWNER_TOKEN.',
].join('\n');

/** Asks an issuer, a marketplace, a ledger gate or a wallet for its log. Each wants a token of its own, from the environment. */
export async function fetchLog(io: Io, options: LogOptions): Promise<FetchedLog> {
  const { url, tenant, wallet } = options;
  if (wallet !== undefined && tenant !== undefined)
    throw new CommandError('REQUEST_MALFORMED', "--wallet and --tenant exclude each other: the one is a wallet's, the other an issuer's");
  if (wallet !== undefined) return walletLog(io, url, wallet);
  if (url !== undefined && tenant === undefined) return gateLog(io, url);
  return issuerLog(io, options);
}

/** The routes of an auditor: `what` is `log` or `evidence`. CommandError ADMIN_TOKEN_INVALID without AUDITOR_TOKEN. */
export function askAuditor(io: Io, url: string, what: 'log' | 'evidence'): AsyncIterable<string> {
  const token = io.env['AUDITOR_TOKEN'];
  if (token === undefined)
    throw new CommandError(
      'ADMIN_TOKEN_INVALID',
      'set AUDITOR_TOKEN to the token that auditorTokenDigest of the marketplace or ledger gate is of; an issuer is asked with --tenant, a wallet with --wallet',
    );
  return askLines({
    url: `${trimmed(url)}/auditor/${what}`,
    method: 'GET',
    token,
    of: 'the gate',
    absent: 'a marketplace or ledger gate shows it where its configuration has auditorTokenDigest; is that the address of one?',
  });
}

function gateLog(io: Io, url: string): FetchedLog {
  return { lines: askAuditor(io, url, 'log') };
}

function walletLog(io: Io, url: string | undefined, wallet: string): FetchedLog {
  const token = io.env['OWNER_TOKEN'];
  if (url === undefined) throw new CommandError('REQUEST_MALFORMED', '--wallet needs --url, the address of the wallet program');
  if (token === undefined)
    throw new CommandError('ADMIN_TOKEN_INVALID', 'set OWNER_TOKEN to the token that tokenDigest of the wallet is of');
  return {
    lines: askLines({
      url: `${trimmed(url)}/wallets/${encodeURIComponent(wallet)}/log`,
      method: 'GET',
      token,
      of: 'the wallet',
      absent: "an organisation's wallet has a log, a household's has none",
    }),
  };
}

async function issuerLog(io: Io, options: LogOptions): Promise<FetchedLog> {
  const { url, tenant, token } = await resolveTarget(io, options);
  const base = `${url}/t/${encodeURIComponent(tenant)}`;
  const served = await askJson({ url: `${base}/audit/key`, method: 'GET' });
  return {
    servedKey: toKey(memberOf(served, 'publicJwk') ?? null, base),
    lines: askLines({ url: `${base}/admin/audit/export`, method: 'GET', token }),
  };
}
