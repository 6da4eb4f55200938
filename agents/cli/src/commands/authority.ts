import type { Command } from 'commander';
import { isJsonObject, memberOf } from '@gridpass/codec';
import type { JsonObject, JsonValue } from '@gridpass/core';
import { askJson } from '../adapters/http.js';
import type { Io } from '../io.js';
import { printJson, printTable, toCell, toDate } from '../print.js';
import { resolveTarget, trimmed } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { readClaims } from './claims-option.js';
import { addTargetOptions } from './target-options.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
  readonly issuer?: string;
  readonly type?: string;
  readonly claims?: string;
  readonly txCode?: string;
}

const HELD = ['digest', 'type', 'state', 'adopted', 'ends', 'renewal', 'from', 'problem', 'next try'];
const APPLIED = ['id', 'type', 'state', 'applied', 'received', 'issuer', 'reason', 'problem', 'next try'];

/** `gridpass authority`: what an issuer is accredited for itself, by issuers above it. */
export function addAuthorityCommands(program: Command, io: Io): void {
  const authority = program.command('authority').description("an issuer's own accreditations");
  addTargetOptions(authority.command('list').description('what is held and what is applied for')).action(async (options: Options) => {
    const answer = await ask(io, options, { method: 'GET', path: '' });
    if (options.json === true) printJson(io, answer);
    else printAll(io, answer);
  });
  addTargetOptions(
    authority.command('apply').description('apply at an issuer above; it is received and adopted by itself once it is granted'),
  )
    .requiredOption('--issuer <address>', 'the credential issuer above')
    .requiredOption('--type <type>', 'what to apply for')
    .requiredOption('--claims <json>', 'what it shall say: JSON, or @ and a file with it')
    .action(async (options: Options) => {
      const json = { issuer: trimmed(options.issuer ?? ''), type: options.type ?? '', claims: await readClaims(io, options.claims ?? '') };
      printApplied(io, options, await ask(io, options, { method: 'POST', path: '', json }));
    });
  addTargetOptions(
    authority
      .command('adopt')
      .description('receive an accreditation by an offer that came another way')
      .argument('<offer>', 'openid-credential-offer://…'),
  )
    .option('--tx-code <code>', 'its transaction code')
    .option('--issuer <address>', 'the only credential issuer whose offer is taken')
    .action(async (offer: string, options: Options) => {
      const json = {
        offer,
        ...(options.txCode === undefined ? {} : { txCode: options.txCode }),
        ...(options.issuer === undefined ? {} : { issuer: trimmed(options.issuer) }),
      };
      const answer = await ask(io, options, { method: 'POST', path: '/adopt', json });
      if (options.json === true) return printJson(io, answer);
      const adopted = memberOf(answer, 'adopted');
      for (const digest of Array.isArray(adopted) ? (adopted as readonly JsonValue[]) : []) io.out(`${toCell(digest)} is adopted\n`);
      return undefined;
    });
  addTargetOptions(
    authority.command('renew').description('apply for the same again where it came from, before its time').argument('<digest>'),
  ).action(async (digest: string, options: Options) =>
    printApplied(io, options, await ask(io, options, { method: 'POST', path: `/${encodeURIComponent(digest)}/renew` })),
  );
}

function printApplied(io: Io, options: Options, application: JsonObject): void {
  if (options.json === true) printJson(io, application);
  else io.out(`${toCell(memberOf(application, 'id'))} is ${toCell(memberOf(application, 'state'))}: gridpass authority list\n`);
}

function printAll(io: Io, answer: JsonObject): void {
  printTable(
    io,
    HELD,
    rowsOf(memberOf(answer, 'accreditations')).map((row) => ({
      ...row,
      adopted: memberOf(row, 'adopted') === true ? 'yes' : 'no',
      ends: toDate(memberOf(row, 'validUntil')),
      renewal: toDate(memberOf(row, 'renewFrom')),
      from: memberOf(row, 'origin') ?? '',
      'next try': toDate(memberOf(row, 'nextTry')),
    })),
  );
  const elsewhere = rowsOf(memberOf(answer, 'elsewhere'));
  if (elsewhere.length > 0) {
    io.out('\nheld by a wallet, adopted by address:\n');
    printTable(io, ['digest', 'uri'], elsewhere);
  }
  io.out('\napplied for:\n');
  printTable(
    io,
    APPLIED,
    rowsOf(memberOf(answer, 'applications')).map((row) => ({
      ...row,
      applied: toDate(memberOf(row, 'submittedAt')),
      received: toDate(memberOf(row, 'receivedAt')),
      'next try': toDate(memberOf(row, 'nextTry')),
    })),
  );
}

async function ask(
  io: Io,
  options: TargetOptions,
  call: { readonly method: 'GET' | 'POST'; readonly path: string; readonly json?: JsonObject },
): Promise<JsonObject> {
  const { url, tenant, token } = await resolveTarget(io, options);
  const { method, path, json } = call;
  return askJson({
    url: `${url}/t/${encodeURIComponent(tenant)}/admin/accreditations${path}`,
    method,
    token,
    ...(json === undefined ? {} : { json }),
  });
}

function rowsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}
