import type { Command } from 'commander';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { advise } from '../advice.js';
import { withExamples } from '../help.js';
import type { Io } from '../io.js';
import { show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { toCell } from '../print.js';
import type { TargetOptions } from '../society-file.js';
import { addTargetOptions, askAdmin } from './target-options.js';

interface Options extends TargetOptions, OutputOptions {
  readonly applicant: string;
}

/**
 * `gridpass application copy`: the same credential for another holder, e.g. a meter's commissioning for the customer behind the meter. What
 * the first applicant showed is evidence here too, since the other one does not hold it.
 */
export function addApplicationCopy(
  application: Command,
  io: Io,
  wholeId: (io: Io, options: TargetOptions, text: string) => Promise<string>,
): void {
  const command = addTargetOptions(
    application
      .command('copy')
      .description('enter the application of another holder for the same credential, with the same claims, subject and evidence')
      .argument('<id>', 'the id of an approved or issued application, or its beginning'),
  )
    .requiredOption('--applicant <name>', 'who gets the copy, for the record: 1 to 500 characters')
    .action(async (text: string, options: Options) => {
      const first = await wholeId(io, options, text);
      const application = await askAdmin(io, options, { method: 'GET', path: `applications/${encodeURIComponent(first)}` });
      const [claims, subject] = [memberOf(application, 'claims'), memberOf(application, 'subject')];
      const document = await askAdmin(io, options, {
        method: 'POST',
        path: 'applications',
        json: {
          type: memberOf(application, 'type') ?? '',
          applicant: options.applicant,
          claims: isJsonObject(claims) ? claims : {},
          ...(subject === undefined ? {} : { subject }),
          evidenceOf: first,
        },
      });
      const id = toCell(memberOf(document, 'applicationId'));
      show(io, options, {
        document,
        names: [id],
        people: () => {
          io.out(`${id} is ${toCell(memberOf(document, 'state'))}\n`);
          io.out(`decide it with: ${advise(options, 'application', 'approve', id, '--reason', 'WHY')}\n`);
        },
      });
    });
  withExamples(command, 'gridpass application copy Jx81Qw2b --applicant "Anna Holm, customer of this meter" --tenant dso');
}
