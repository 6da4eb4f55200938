import type { Command } from 'commander';
import { memberOf } from '@gridpass/codec';
import { OVERRULABLE } from '@gridpass/core';
import type { JsonObject } from '@gridpass/core';
import { withExamples } from '../help.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { toCell } from '../print.js';
import type { TargetOptions } from '../society-file.js';
import { addTargetOptions, askAdmin } from './target-options.js';

interface Options extends TargetOptions, OutputOptions {
  readonly reason: string;
  readonly overrule?: readonly string[];
  readonly takeOver?: string;
}

/** `gridpass application approve`. */
export function addApplicationApprove(
  application: Command,
  io: Io,
  wholeId: (io: Io, options: TargetOptions, text: string) => Promise<string>,
): void {
  const command = addTargetOptions(
    application.command('approve').description('approve an application').argument('<id>', 'the id of an application, or its beginning'),
  )
    .requiredOption('--reason <text>', 'why, for the record')
    .option(
      '--overrule <rule=reason>',
      `set a rule aside, with the reason for the record: one of ${OVERRULABLE.join(', ')}; may be given for each`,
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option('--take-over <reason>', 'end the roles that another DID holds of this party when the credential is issued')
    .action(async (text: string, options: Options) => {
      const overrules = overrulesOf(options);
      const id = await wholeId(io, options, text);
      const document = await askAdmin(io, options, {
        method: 'POST',
        path: `applications/${encodeURIComponent(id)}/approve`,
        json: { reason: options.reason, ...(overrules === undefined ? {} : { overrules }) },
      });
      show(io, options, { document, names: [id], people: () => io.out(`${id} is ${toCell(memberOf(document, 'state'))}\n`) });
    });
  withExamples(command, "gridpass application approve Jx81Qw2b --reason 'known to us' --tenant dso");
}

/** The rules to set aside by name; undefined where none is. */
function overrulesOf({ overrule = [], takeOver }: Options): JsonObject | undefined {
  const pairs = overrule.map((text): readonly [string, string] => {
    const at = text.indexOf('=');
    const rule = text.slice(0, Math.max(at, 0));
    if (!OVERRULABLE.some((known) => known === rule))
      throw new CommandError(
        'REQUEST_MALFORMED',
        `--overrule takes a rule and its reason, such as area="checked by hand"; the rules are ${OVERRULABLE.join(', ')}`,
      );
    return [rule, text.slice(at + 1)];
  });
  const named = takeOver === undefined ? pairs : [...pairs, ['take-over', takeOver] as const];
  if (new Set(named.map(([rule]) => rule)).size !== named.length)
    throw new CommandError('REQUEST_MALFORMED', '--overrule: a rule is overruled twice');
  return named.length === 0 ? undefined : Object.fromEntries(named);
}
