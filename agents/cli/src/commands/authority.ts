import { Option } from 'commander';
import type { Command } from 'commander';
import { memberOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { advise } from '../advice.js';
import { withExamples } from '../help.js';
import { wholeId } from '../ids.js';
import type { Io } from '../io.js';
import { rowsOf, show, showRows } from '../output.js';
import type { OutputOptions } from '../output.js';
import { printTable, toCell, toDate } from '../print.js';
import { partyNames, trimmed } from '../society-file.js';
import type { TargetOptions } from '../society-file.js';
import { httpAddress } from '../values.js';
import { CLAIMS_HELP, readClaims } from './claims-option.js';
import { addTargetOptions, askAdmin } from './target-options.js';

interface Options extends TargetOptions, OutputOptions {
  readonly issuer?: string;
  readonly type?: string;
  readonly claims?: string;
  readonly txCode?: string;
}

const PATH = 'accreditations';
/** The characters of the whole digest of a credential. */
const WHOLE = 46;
const STATE = { name: 'state', kind: 'state' } as const;
const HELD = [
  { name: 'digest', kind: 'id' },
  'type',
  STATE,
  'adopted',
  'ends',
  { name: 'renewal', wide: true },
  { name: 'issuer', kind: 'did' },
  { name: 'origin', wide: true },
  'problem',
  { name: 'next try', wide: true },
] as const;
const APPLIED = [
  { name: 'id', kind: 'id' },
  'type',
  STATE,
  'applied',
  { name: 'received', wide: true },
  'issuer',
  'reason',
  'problem',
  { name: 'applicationId', wide: true },
  { name: 'next try', wide: true },
] as const;

/** `gridpass authority`: what an issuer is accredited for itself, by issuers above it. */
export function addAuthorityCommands(program: Command, io: Io): void {
  const authority = program.command('authority').description("an issuer's own accreditations");
  const list = addTargetOptions(authority.command('list').description('list what is held and what is applied for')).action(
    async (options: Options) => printAll(io, options, await askAdmin(io, options, { method: 'GET', path: PATH })),
  );
  withExamples(list, 'gridpass authority list --tenant dso');
  addApply(authority, io);
  addAdopt(authority, io);
  const renew = addTargetOptions(
    authority
      .command('renew')
      .description('apply for the same again where it came from, before its time')
      .argument('<digest>', 'the digest of an accreditation, or its beginning'),
  ).action(async (text: string, options: Options) => {
    const digest = await wholeId(text, {
      ...{ what: 'accreditation', member: 'digest', rows: 'accreditations', length: WHOLE },
      ...{ page: () => askAdmin(io, options, { method: 'GET', path: PATH }), seen: advise(options, 'authority', 'list') },
    });
    printApplied(io, options, await askAdmin(io, options, { method: 'POST', path: `${PATH}/${encodeURIComponent(digest)}/renew` }));
  });
  withExamples(renew, 'gridpass authority renew v2.bw7fIdEq --tenant dso');
}

function addApply(authority: Command, io: Io): void {
  const apply = addTargetOptions(
    authority.command('apply').description('apply at an issuer above; it is received and adopted by itself once it is granted'),
  )
    .addOption(new Option('--issuer <address>', 'the credential issuer above').argParser(httpAddress).makeOptionMandatory())
    .requiredOption('--type <type>', 'what to apply for, e.g. SystemOperatorRole')
    .requiredOption('--claims <json>', CLAIMS_HELP)
    .action(async (options: Options) => {
      const json = { issuer: trimmed(options.issuer ?? ''), type: options.type ?? '', claims: await readClaims(io, options.claims ?? '') };
      printApplied(io, options, await askAdmin(io, options, { method: 'POST', path: PATH, json }));
    });
  withExamples(
    apply,
    'gridpass authority apply --issuer https://regulator.example/t/regulator --type SystemOperatorRole --claims @claims.json --tenant dso',
  );
}

function addAdopt(authority: Command, io: Io): void {
  const adopt = addTargetOptions(
    authority
      .command('adopt')
      .description('receive an accreditation by an offer that came another way')
      .argument('<offer>', 'openid-credential-offer://…'),
  )
    .option('--tx-code <code>', 'its transaction code')
    .addOption(new Option('--issuer <address>', 'the only credential issuer whose offer is taken').argParser(httpAddress))
    .action(async (offer: string, options: Options) => {
      const json = {
        offer,
        ...(options.txCode === undefined ? {} : { txCode: options.txCode }),
        ...(options.issuer === undefined ? {} : { issuer: trimmed(options.issuer) }),
      };
      const document = await askAdmin(io, options, { method: 'POST', path: `${PATH}/adopt`, json });
      const adopted = memberOf(document, 'adopted');
      const digests = Array.isArray(adopted) ? (adopted as readonly string[]) : [];
      show(io, options, { document, names: digests, people: () => digests.forEach((digest) => io.out(`${toCell(digest)} is adopted\n`)) });
    });
  withExamples(adopt, "gridpass authority adopt 'openid-credential-offer://?credential_offer_uri=…' --tenant dso");
}

function printApplied(io: Io, options: Options, document: JsonObject): void {
  const id = memberOf(document, 'id');
  show(io, options, {
    document,
    names: [id],
    people: () => io.out(`${toCell(id)} is ${toCell(memberOf(document, 'state'))}: ${advise(options, 'authority', 'list')}\n`),
  });
}

/** Of three tables the first is the answer: names are the digests of what is held. */
async function printAll(io: Io, options: Options, document: JsonObject): Promise<void> {
  const nameOf = await partyNames(io, options);
  const held = rowsOf(memberOf(document, 'accreditations')).map((row) => ({
    ...row,
    adopted: memberOf(row, 'adopted') === true ? 'yes' : 'no',
    ends: toDate(memberOf(row, 'validUntil')),
    renewal: toDate(memberOf(row, 'renewFrom')),
    'next try': toDate(memberOf(row, 'nextTry')),
  }));
  showRows(io, options, { document, id: 'digest', columns: HELD, rows: held, nameOf });
  if (options.json === true || options.output === 'json' || options.output === 'name') return;
  const style = { wide: options.output === 'wide', nameOf };
  const elsewhere = rowsOf(memberOf(document, 'elsewhere'));
  if (elsewhere.length > 0) {
    io.out('\nheld by a wallet, adopted by address:\n');
    printTable(io, [{ name: 'digest', kind: 'id' }, 'uri'], elsewhere, style);
  }
  io.out('\napplied for:\n');
  const applied = rowsOf(memberOf(document, 'applications')).map((row) => ({
    ...row,
    applied: toDate(memberOf(row, 'submittedAt')),
    received: toDate(memberOf(row, 'receivedAt')),
    'next try': toDate(memberOf(row, 'nextTry')),
  }));
  printTable(io, APPLIED, applied, style);
}
