import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { checkLogExport, findSplitView, toSplitViewEvidence } from '@gridpass/audit';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { Fault } from '@gridpass/core';
import type { AnchoredHead } from '@gridpass/core';
import { readAnchor } from '../adapters/anchor.js';
import { withExamples } from '../help.js';
import { AnswerIsNo, CommandError } from '../io.js';
import type { Io } from '../io.js';
import { show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { printJson, toCell, toDate } from '../print.js';
import { objectOf, readSociety } from '../society-file.js';
import { httpAddress } from '../values.js';
import { addAuditExport } from './audit-export.js';
import { openLines, openLogFile } from './log-file.js';
import type { OpenedLog } from './log-file.js';
import { addLogOptions, fetchLog } from './log-source.js';
import type { LogOptions } from './log-source.js';
import { readText } from './policy-files.js';

interface Options extends LogOptions, OutputOptions {
  readonly key?: string;
  readonly checkpoint?: readonly string[];
  readonly anchor?: boolean;
  readonly rpc?: string;
  readonly contract?: string;
  readonly issuer?: string;
}

/** `gridpass audit`: check a log without trusting who keeps it. */
export function addAuditCommands(program: Command, io: Io): void {
  const audit = program.command('audit').description('audit logs');
  addAuditExport(audit, io);
  const command = addLogOptions(
    audit
      .command('verify')
      .description('check an exported log offline, or the log of a running program')
      .argument('[file]', 'an export as NDJSON; without it the log is fetched from the program that --url, --tenant or --wallet names'),
  )
    .option('--key <file>', "the log's public key as JWK, from somewhere you trust; without it the key that comes with the log")
    .option('--checkpoint <file...>', 'checkpoints kept from earlier, or by a witness: what they state must still be so')
    .option('--anchor', 'compare with the newest head on the chain; a society names the chain, else --rpc, --contract and --issuer do')
    .addOption(new Option('--rpc <url>', "JSON-RPC of a node that is not the log keeper's").argParser(httpAddress))
    .option('--contract <address>', 'the AuditAnchor')
    .option('--issuer <did>', 'the did:ethr the log belongs to')
    .action((file: string | undefined, options: Options) => verify(io, file, options));
  withExamples(
    command,
    'gridpass audit verify market.log --key market-key.json --checkpoint market.checkpoint',
    'gridpass audit verify --tenant dso --anchor',
  );
}

async function verify(io: Io, file: string | undefined, options: Options): Promise<void> {
  const { source, keySource, publicJwk } = await openLog(io, file, options);
  const checkpoints = await Promise.all((options.checkpoint ?? []).map((path) => readText(resolve(io.directory, path))));
  const anchored = options.anchor === true ? await askAnchor(io, options) : undefined;
  const notes: string[] = [...checkpoints];
  const actions = new Map<string, number>();
  const checked = await checkLogExport(collectNotes(source.all(), notes), {
    publicJwk,
    ...(anchored === undefined ? {} : { heads: [anchored] }),
    checkpoints,
    onEntry: (_index, entry) => {
      const action = memberOf(entry, 'action');
      if (typeof action === 'string') actions.set(action, (actions.get(action) ?? 0) + 1);
    },
  });
  if (!checked.ok) {
    // The other half of a proof may stand behind the line that was found wrong.
    for await (const line of collectNotes(source.all(), notes)) void line;
    const split = findSplitView(notes, publicJwk);
    printJson(io, {
      ok: false,
      code: checked.refusal.code,
      detail: checked.refusal.detail,
      ...(split === undefined ? {} : { splitView: toSplitViewEvidence(split, publicJwk) }),
    });
    throw new AnswerIsNo();
  }
  const said = sayChecked({ keySource, checkpoints: checkpoints.length, asked: options.anchor === true, anchored });
  const summary = { ok: true, ...checked.value, keySource, ...said, actions: Object.fromEntries([...actions].sort()) };
  // Asked for and not to be had is no yes: who goes by the exit code would take the log for anchored.
  const untold = options.anchor === true && anchored === undefined;
  show(io, options, {
    document: { ...summary, ok: !untold },
    names: untold ? [] : [checked.value.origin],
    people: () => {
      const { origin, size, checkpoints: kept, rootHash } = checked.value;
      io.out(`${toCell(origin)}: ${size} entries, ${kept} checkpoints, root ${rootHash}: consistent\n`);
      for (const [action, count] of [...actions].sort()) io.out(`  ${String(count).padStart(6)}  ${toCell(action)}\n`);
      for (const line of said.checked) io.out(`checked: ${line}\n`);
      for (const line of said.notChecked) io.out(`not checked: ${line}\n`);
    },
  });
  if (untold) throw new AnswerIsNo();
}

interface Said {
  readonly checked: readonly string[];
  readonly notChecked: readonly string[];
}

/** What a yes rests on, and what it says nothing about. */
function sayChecked(given: {
  readonly keySource: OpenedLog['keySource'];
  readonly checkpoints: number;
  readonly asked: boolean;
  readonly anchored: AnchoredHead | undefined;
}): Said {
  const { keySource, checkpoints, asked, anchored } = given;
  const checked = ['each entry, each checkpoint between them and the final one agree with each other'];
  const notChecked: string[] = [];
  const tell = (yes: boolean, done: string, missing: string): void => void (yes ? checked : notChecked).push(yes ? done : missing);
  tell(
    keySource === 'file',
    'the checkpoints are signed with the key of --key',
    'whose key it is: the key came with the log; to rely on the result, compare it with one you trust and pass it with --key',
  );
  tell(
    checkpoints > 0,
    `the log still is what ${checkpoints} kept checkpoint(s) state`,
    'against checkpoints kept from earlier or by a witness: none was given with --checkpoint',
  );
  tell(
    anchored !== undefined,
    `the log still is what the chain knows since ${toDate(anchored?.anchoredAt)}, up to entry ${anchored?.size ?? 0}`,
    asked
      ? 'against an anchor: the chain has none for this log'
      : "against an anchor: none was asked for with --anchor; a rewrite by the log's own keeper would not be seen",
  );
  return { checked, notChecked };
}

/** The notes among the lines, as they pass by. */
async function* collectNotes(lines: AsyncIterable<string>, notes: string[]): AsyncIterable<string> {
  for await (const line of lines) {
    const json = line.includes('"note":') ? parseJson(line) : undefined;
    const note = json?.ok === true && isJsonObject(json.value) ? memberOf(json.value, 'note') : undefined;
    if (typeof note === 'string') notes.push(note);
    yield line;
  }
}

async function askAnchor(io: Io, options: Options): Promise<AnchoredHead | undefined> {
  const { rpc, contract, issuer } = options;
  const place =
    rpc !== undefined && contract !== undefined && issuer !== undefined ? { rpcUrl: rpc, contract, issuer } : await placeOf(io, options);
  try {
    return await readAnchor(place);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    printJson(io, { ok: false, code: error.code, detail: `the anchor could not be asked for: ${error.message}` });
    throw new AnswerIsNo('fault');
  }
}

/** What the society's file says of the chain; single options win over it. */
async function placeOf(io: Io, options: Options): Promise<{ readonly rpcUrl: string; readonly contract: string; readonly issuer: string }> {
  const society = await readSociety(io, options);
  const rpcUrl = options.rpc ?? memberOf(objectOf(society, 'urls'), 'chain');
  const contract = options.contract ?? memberOf(objectOf(objectOf(society, 'chain'), 'contracts'), 'AuditAnchor');
  const issuer = options.issuer ?? memberOf(objectOf(society, 'tenants'), options.tenant ?? '');
  if (typeof rpcUrl !== 'string' || typeof contract !== 'string' || typeof issuer !== 'string')
    throw new CommandError('CONFIG_INVALID', '--anchor: the society does not name it; give --rpc, --contract and --issuer, or --tenant');
  return { rpcUrl, contract, issuer };
}

/** The log of `file`, or the one that the target serves, and the key it is held against. */
async function openLog(io: Io, file: string | undefined, options: Options): Promise<OpenedLog> {
  return file === undefined ? openLines(io, await fetchLog(io, options), options.key) : openLogFile(io, file, options.key);
}
