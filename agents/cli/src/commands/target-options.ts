import type { Command } from 'commander';

/** The options of every command that talks to an issuer. */
export function addTargetOptions(command: Command): Command {
  return command
    .option('--society <file>', 'the running society (default: .gridpass/society.json)')
    .option('--url <address>', "the issuer's address instead of the society's")
    .option('--tenant <id>', 'on whose behalf; the operator token comes from the society or OPERATOR_TOKEN')
    .option('--json', 'print JSON');
}
