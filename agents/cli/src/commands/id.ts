import type { Command } from 'commander';
import { IDENTIFIER_SCHEMES, REFUSALS } from '@gridpass/core';
import { checkIdentifier, parseIdentifier } from '@gridpass/identifiers';
import { withExamples } from '../help.js';
import { AnswerIsNo } from '../io.js';
import type { Io } from '../io.js';
import { addOutputOptions, show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { printJson } from '../print.js';

/** `gridpass id`: identifiers of the energy field. */
export function addIdCommands(program: Command, io: Io): void {
  const id = program.command('id').description('identifiers of the energy field');
  const check = id
    .command('check')
    .description('check the form and the check character of an identifier; prints JSON, no is exit code 1')
    .argument('<scheme>', IDENTIFIER_SCHEMES.join(', '))
    .argument('<value>', 'the identifier as it is written')
    .action((scheme: string, value: string, options: OutputOptions) => {
      const parsed = parseIdentifier(scheme, value);
      if (parsed.ok) {
        const { syntax, checksum, directory } = checkIdentifier(scheme, value);
        const document = { ok: true, scheme: parsed.value.scheme, value: parsed.value.value, syntax, checksum, directory };
        return show(io, options, { document, names: [parsed.value.value], people: () => printJson(io, document) });
      }
      const document = { ok: false, scheme, code: parsed.refusal.code, says: REFUSALS[parsed.refusal.code].says };
      show(io, options, { document, names: [], people: () => printJson(io, document) });
      throw new AnswerIsNo();
    });
  withExamples(addOutputOptions(check), 'gridpass id check eic 10X1001A1001A248');
  const schemes = id
    .command('schemes')
    .description('list the schemes of identifiers')
    .action((options: OutputOptions) =>
      show(io, options, {
        document: [...IDENTIFIER_SCHEMES],
        names: [...IDENTIFIER_SCHEMES],
        people: () => io.out(`${IDENTIFIER_SCHEMES.join('\n')}\n`),
      }),
    );
  withExamples(addOutputOptions(schemes), 'gridpass id schemes');
}
