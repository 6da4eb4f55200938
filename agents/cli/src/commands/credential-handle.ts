import { Option } from 'commander';
import type { Command } from 'commander';
import { memberOf } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import type { Plan } from '../confirm.js';
import { wholeId } from '../ids.js';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { rowsOf } from '../output.js';
import { toCell } from '../print.js';
import type { TargetOptions } from '../society-file.js';
import { partyCode } from '../values.js';
import { askAdmin, idsOf } from './target-options.js';

/** Which credentials are meant: exactly one of these is given. */
export interface HandleOptions {
  readonly digest?: string;
  readonly subject?: string;
  readonly party?: string;
  readonly application?: string;
}

/** The characters of the shortest whole handle of a credential. */
const WHOLE = 43;

/** The options that {@link handleOf} reads. */
export function addHandleOptions(command: Command): Command {
  return command
    .option('--digest <digest>', 'one credential; the beginning will do')
    .option('--subject <did>', 'all credentials about a DID')
    .addOption(new Option('--party <scheme:value>', 'all credentials of a party, e.g. eic:10X1001A1001A248').argParser(partyCode))
    .option('--application <id>', 'all credentials of an application; the beginning will do');
}

/** The one handle that is given, with short ids made whole; a CommandError before anybody is asked unless it is exactly one. */
export async function handleOf(io: Io, options: TargetOptions & HandleOptions): Promise<JsonObject> {
  const { digest, subject, party, application } = options;
  assertOneHandle(options);
  if (subject !== undefined) return { subject };
  if (party !== undefined) {
    const [scheme = '', ...value] = party.split(':');
    return { party: { scheme, value: value.join(':') } };
  }
  if (digest !== undefined) {
    const list = ['credential', 'list'];
    return {
      digest: await wholeId(digest, idsOf(io, options, { what: 'credential', member: 'digest', length: WHOLE, path: 'credentials', list })),
    };
  }
  const list = ['application', 'list'];
  const source = idsOf(io, options, { what: 'application', member: 'applicationId', length: 22, path: 'applications', list });
  return { applicationId: await wholeId(application ?? '', source) };
}

/** Throws a CommandError unless exactly one handle is given. */
export function assertOneHandle({ digest, subject, party, application }: HandleOptions): void {
  if ([digest, subject, party, application].filter((one) => one !== undefined).length !== 1)
    throw new CommandError('REQUEST_MALFORMED', 'name exactly one of --digest, --subject, --party and --application');
}

/** What a revocation would take with it, as the issuer tells. */
export async function planRevocation(io: Io, options: TargetOptions, handle: JsonObject): Promise<Plan> {
  const document = await askAdmin(io, options, { method: 'POST', path: 'credentials/preview', json: handle });
  const count = (row: JsonObject): string => `${toCell(memberOf(row, 'count'))} ${toCell(memberOf(row, 'type'))}`;
  const named = rowsOf(memberOf(document, 'credentials'));
  const closed = memberOf(document, 'applications');
  return {
    does: `revoke for good: ${named.length === 0 ? 'no credential that still stands' : named.map(count).join(', ')}`,
    falls: [
      `${typeof closed === 'number' ? String(closed) : '0'} applications are closed, with their offers`,
      ...rowsOf(memberOf(document, 'falls')).map(
        (row) => `${count(row)} of ${toCell(memberOf(row, 'tenant'))} rest on it: ${toCell(memberOf(row, 'what'))}`,
      ),
      ...(memberOf(document, 'complete') === false ? ['and more than was looked at'] : []),
    ],
    document,
  };
}
