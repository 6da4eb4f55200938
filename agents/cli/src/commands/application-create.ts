import type { Command } from 'commander';
import { Option } from 'commander';
import { memberOf } from '@gridpass/codec';
import { CREDENTIAL_TYPES } from '@gridpass/core';
import { advise } from '../advice.js';
import { withExamples } from '../help.js';
import type { Io } from '../io.js';
import { show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { toCell } from '../print.js';
import type { TargetOptions } from '../society-file.js';
import { toInstant } from '../values.js';
import { CLAIMS_HELP, readClaims } from './claims-option.js';
import { addTargetOptions, askAdmin } from './target-options.js';

interface Options extends TargetOptions, OutputOptions {
  readonly type: string;
  readonly claims: string;
  readonly applicant: string;
  readonly subject?: string;
  readonly until?: string;
}

/**
 * `gridpass application create`: what an operator enters for an applicant who came on paper. An applicant with a wallet applies by
 * `gridpass wallet apply`, which proves the applicant's key; this command holds none.
 */
export function addApplicationCreate(application: Command, io: Io): void {
  const command = addTargetOptions(
    application
      .command('create')
      .description('enter an application for somebody else; who has a wallet rather uses `gridpass wallet apply`'),
  )
    .addOption(new Option('--type <type>', 'what is applied for').choices(CREDENTIAL_TYPES).makeOptionMandatory())
    .requiredOption('--claims <json>', CLAIMS_HELP)
    .requiredOption('--applicant <name>', 'who applies, for the record: 1 to 500 characters')
    .option('--subject <did>', 'whom it is about; needed where the credential is bound to a DID')
    .option('--until <time>', 'its end, e.g. 2027-11-22T12:00:00Z; as long as its type allows unless given')
    .action(async (options: Options) => {
      const { type, applicant, subject, until } = options;
      const document = await askAdmin(io, options, {
        method: 'POST',
        path: 'applications',
        json: {
          type,
          applicant,
          claims: await readClaims(io, options.claims),
          ...(subject === undefined ? {} : { subject }),
          ...(until === undefined ? {} : { validUntil: toInstant('--until', until) }),
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
  withExamples(
    command,
    'gridpass application create --type CustomerStatus --claims @claims.json --applicant "Anna Holm, letter of 3 May" --tenant dso',
  );
}
