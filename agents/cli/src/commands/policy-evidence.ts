import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { withExamples } from '../help.js';
import type { Io } from '../io.js';
import { addOutputOptions, show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { httpAddress } from '../values.js';
import { askAuditor } from './log-source.js';
import { writeLines } from './new-file.js';

interface Options extends OutputOptions {
  readonly url: string;
  readonly log: string;
  readonly evidence: string;
}

/** `gridpass policy evidence`: what a replay needs, fetched from a running gate by its auditor. */
export function addPolicyEvidence(policy: Command, io: Io): void {
  const command = policy
    .command('evidence')
    .description('fetch the log of a gate and what its decisions were taken on, for `replay`; the token comes from AUDITOR_TOKEN')
    .addOption(new Option('--url <address>', 'the address of the marketplace or ledger gate').argParser(httpAddress).makeOptionMandatory())
    .requiredOption('--log <file>', 'where to write the log, as NDJSON; a file that is there is left alone')
    .requiredOption('--evidence <file>', 'where to write the evidence, as NDJSON: it says what persons showed')
    .action((options: Options) => fetchBoth(io, options));
  withExamples(
    addOutputOptions(command),
    'gridpass policy evidence --url https://market.example --log market.log --evidence market.evidence',
  );
}

async function fetchBoth(io: Io, options: Options): Promise<void> {
  const { url, log, evidence } = options;
  // The log first: each decision in it had its evidence before.
  const logLines = await writeLines(resolve(io.directory, log), askAuditor(io, url, 'log'));
  const evidenceLines = await writeLines(resolve(io.directory, evidence), askAuditor(io, url, 'evidence'));
  show(io, options, {
    document: { log, logLines, evidence, evidenceLines },
    names: [log, evidence],
    people: () => {
      io.out(`${log}: ${logLines} lines\n${evidence}: ${evidenceLines} lines, readable by you alone; remove it when you are done\n`);
      if (evidenceLines === 0) io.out('no evidence came: the gate has decided nothing yet, or its configuration has no keepEvidenceDays\n');
    },
  });
}
