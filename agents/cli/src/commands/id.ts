import type { Command } from 'commander';
import { IDENTIFIER_SCHEMES, REFUSALS } from '@gridpass/core';
import { checkIdentifier, parseIdentifier } from '@gridpass/identifiers';
import { AnswerIsNo } from '../io.js';
import type { Io } from '../io.js';
import { printJson } from '../print.js';

/** `gridpass id`: identifiers of the energy field. */
export function addIdCommands(program: Command, io: Io): void {
  const id = program.command('id').description('identifiers of the energy field');
  id.command('check')
    .description('check the form and the check character of an identifier; prints JSON, exits 0 when it passes, else 1')
    .argument('<scheme>', IDENTIFIER_SCHEMES.join(', '))
    .argument('<value>', 'the identifier as it is written')
    .option('--json', 'JSON, which is printed anyway')
    .action((scheme: string, value: string) => {
      const parsed = parseIdentifier(scheme, value);
      if (parsed.ok) {
        const { syntax, checksum, directory } = checkIdentifier(scheme, value);
        printJson(io, { ok: true, scheme: parsed.value.scheme, value: parsed.value.value, syntax, checksum, directory });
        return;
      }
      printJson(io, { ok: false, scheme, code: parsed.refusal.code, says: REFUSALS[parsed.refusal.code].says });
      throw new AnswerIsNo();
    });
  id.command('schemes')
    .description('list the schemes')
    .option('--json', 'print JSON')
    .action((options: { readonly json?: boolean }) => {
      if (options.json === true) printJson(io, IDENTIFIER_SCHEMES);
      else io.out(`${IDENTIFIER_SCHEMES.join('\n')}\n`);
    });
}
