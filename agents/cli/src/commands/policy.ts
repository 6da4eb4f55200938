import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { parseJson } from '@gridpass/codec';
import { checkPolicyText, parseDecisionTable, runDecisionTable, toProblemLine } from '@gridpass/policy';
import type { DecisionTable } from '@gridpass/policy';
import { createClaimShapes } from '@gridpass/schema';
import { withExamples } from '../help.js';
import { AnswerIsNo, CommandError } from '../io.js';
import type { Io } from '../io.js';
import { addOutputOptions, show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { readPolicySet, readText } from './policy-files.js';
import { addPolicyEvidence } from './policy-evidence.js';
import { addPolicyReplay } from './policy-replay.js';

interface Options extends OutputOptions {
  readonly policy?: string;
}

/** `gridpass policy`: whether policies are right, give the decisions they should, and what a change of them changes. */
export function addPolicyCommands(program: Command, io: Io): void {
  const policy = program.command('policy').description('policies of channels, checked and tried without a running program');
  const checks = policy
    .command('check')
    .description('hold policy files against the credential schemas: every name, type and code that can never fit, with its line')
    .argument('<file...>', 'Cedar files')
    .action((files: readonly string[], options: Options) => check(io, files, options));
  withExamples(addOutputOptions(checks), 'gridpass policy check agents/ledger-gate/policies/ledger.cedar');
  const tests = policy
    .command('test')
    .description('decide the rows of decision tables and show those that come out otherwise')
    .argument('<path...>', 'tables as JSON, or directories of them')
    .option('--policy <file>', 'this policy instead of the one that each table names')
    .action((paths: readonly string[], options: Options) => test(io, paths, options));
  withExamples(addOutputOptions(tests), 'gridpass policy test test/decisions');
  addPolicyEvidence(policy, io);
  addPolicyReplay(policy, io);
}

async function check(io: Io, files: readonly string[], options: Options): Promise<void> {
  const claims = createClaimShapes();
  const checked = await Promise.all(
    files.map(async (file) => {
      const { problems } = checkPolicyText(await readText(resolve(io.directory, file)), { claims, request: 'read-off-the-policies' });
      return { file, problems };
    }),
  );
  const good = checked.every(({ problems }) => problems.length === 0);
  show(io, options, {
    document: {
      ok: good,
      files: checked.map(({ file, problems }) => ({ file, problems: problems.map((problem) => ({ ...problem })) })),
    },
    names: checked.filter(({ problems }) => problems.length > 0).map(({ file }) => file),
    people: () => {
      for (const { file, problems } of checked) {
        for (const problem of problems) io.out(`${toProblemLine(file, problem)}\n`);
        if (problems.length === 0) io.out(`${file}: acceptable\n`);
      }
    },
  });
  if (!good) throw new AnswerIsNo();
}

async function test(io: Io, paths: readonly string[], options: Options): Promise<void> {
  const files = (await Promise.all(paths.map((path) => tablesAt(resolve(io.directory, path))))).flat();
  if (files.length === 0) throw new CommandError('CONFIG_INVALID', 'there is no table here');
  const results = await Promise.all(
    files.map(async (file) => {
      const table = await readTable(file);
      const policyFile = options.policy === undefined ? policyOf(file, table) : resolve(io.directory, options.policy);
      return { file, table, differences: runDecisionTable(table, await readPolicySet(policyFile, table.channel, table.timeZone)) };
    }),
  );
  const failed = results.reduce((sum, { differences }) => sum + differences.length, 0);
  const rows = results.reduce((sum, { table }) => sum + table.rows.length, 0);
  show(io, options, {
    document: {
      ok: failed === 0,
      rows,
      failed: results.flatMap(({ file, differences }) =>
        differences.map(({ row, got }) => ({ file, id: row.id, comment: row.comment, expected: toJson(row.expect), got: toJson(got) })),
      ),
    },
    names: results.flatMap(({ differences }) => differences.map(({ row }) => row.id)),
    people: () => {
      for (const { file, table, differences } of results) {
        io.out(`${basename(file)}: ${table.rows.length - differences.length} of ${table.rows.length} rows as expected\n`);
        for (const { row, got } of differences)
          io.out(`  ${row.id}: ${row.comment}\n    expected ${toLine(row.expect)}\n    got      ${toLine(got)}\n`);
      }
    },
  });
  if (failed > 0) throw new AnswerIsNo();
}

type Verdict = DecisionTable['rows'][number]['expect'];

function toJson({ effect, reasons }: Verdict): { readonly effect: string; readonly reasons: readonly string[] } {
  return { effect, reasons };
}

function toLine({ effect, reasons }: Verdict): string {
  return `${effect} (${reasons.join(', ')})`;
}

async function tablesAt(path: string): Promise<readonly string[]> {
  if (!(await isDirectory(path))) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json') && !name.endsWith('.schema.json'));
  return names.sort().map((name) => join(path, name));
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new CommandError('CONFIG_INVALID', `${path} cannot be read`, { cause });
  }
}

async function readTable(file: string): Promise<DecisionTable> {
  const json = parseJson(await readText(file));
  if (!json.ok) throw new CommandError('CONFIG_INVALID', `${file} is not JSON`);
  return parseDecisionTable(json.value);
}

/** A table names its policy from the root of a project: the nearest directory above it that has that file. */
function policyOf(file: string, { policy }: DecisionTable): string {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const path = join(directory, policy);
    if (existsSync(path)) return path;
    if (dirname(directory) === directory)
      throw new CommandError('CONFIG_INVALID', `${file}: there is no ${policy} here or above; name one with --policy`);
  }
}
