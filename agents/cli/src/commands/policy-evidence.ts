import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Io } from '../io.js';
import { printJson } from '../print.js';
import { askAuditor } from './log-source.js';
import { writeLines } from './new-file.js';

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
  // The log first: each decision in it had its evidence before.
  const logLines = await writeLines(resolve(io.directory, log), askAuditor(io, url, 'log'));
  const evidenceLines = await writeLines(resolve(io.directory, evidence), askAuditor(io, url, 'evidence'));
  if (json === true) return printJson(io, { log, logLines, evidence, evidenceLines });
  io.out(`${log}: ${logLines} lines\n${evidence}: ${evidenceLines} lines, readable by you alone; remove it when you are done\n`);
  if (evidenceLines === 0) io.out('no evidence came: the gate has decided nothing yet, or its configuration has no keepEvidenceDays\n');
  return undefined;
}
