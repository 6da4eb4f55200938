import { resolve } from 'node:path';
import type { Command } from 'commander';
import { checkLogExport, commitmentOf } from '@gridpass/audit';
import type { DecisionEvidence } from '@gridpass/audit';
import { isJsonObject, memberOf, parseJson, textsOf } from '@gridpass/codec';
import { instant } from '@gridpass/core';
import type { Fact, JsonObject, JsonValue } from '@gridpass/core';
import { decide } from '@gridpass/policy';
import type { PolicySet } from '@gridpass/policy';
import { withExamples } from '../help.js';
import { AnswerIsNo, CommandError } from '../io.js';
import type { Io } from '../io.js';
import { addOutputOptions, show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { toCell } from '../print.js';
import { openLogFile, readLines } from './log-file.js';
import { readPolicySet } from './policy-files.js';

interface Options extends OutputOptions {
  readonly log: string;
  readonly evidence: string;
  readonly policy: string;
  readonly channel: string;
  readonly key?: string;
  readonly unverified?: boolean;
}

interface Verdict {
  readonly effect: string;
  readonly reasons: readonly string[];
}

interface Recorded extends Verdict {
  readonly index: number;
  readonly requestId: string;
  readonly input: string;
  readonly timeZone: string;
}

interface Difference {
  readonly index: number;
  readonly requestId: string;
  readonly was: Verdict;
  readonly now: Verdict;
}

/** What the operator of a gate kept: evidence by the commitment it stands for, and the commitments whose evidence is erased. */
interface Kept {
  readonly evidence: ReadonlyMap<string, DecisionEvidence>;
  readonly erased: ReadonlySet<string>;
}

/** `gridpass policy replay`: recorded decisions decided anew. The log holds commitments alone, hence the evidence beside it. */
export function addPolicyReplay(policy: Command, io: Io): void {
  const command = policy
    .command('replay')
    .description('decide the recorded decisions of a channel anew under a changed policy and show the differences')
    .requiredOption('--log <file>', 'an audit export as NDJSON; it is checked first')
    .requiredOption('--evidence <file>', 'what the decisions were taken on, as NDJSON; `gridpass policy evidence` fetches both')
    .requiredOption('--policy <file>', 'the changed policy')
    .requiredOption('--channel <name>', 'the channel whose decisions are decided anew')
    .option('--key <file>', "the log's public key as JWK, from somewhere you trust; without it the key that comes with the log")
    .option('--unverified', 'take the log as it is: entries without header and checkpoints, or a log that contradicts itself')
    .action((options: Options) => replay(io, options));
  withExamples(
    addOutputOptions(command),
    'gridpass policy replay --log market.log --evidence market.evidence --key market-key.json --policy changed.cedar --channel behind_the_meter',
  );
}

async function replay(io: Io, options: Options): Promise<void> {
  const { recorded, said } = await readRecorded(io, options);
  const kept = await readKept(resolve(io.directory, options.evidence));
  const { replayed, differences } = await decideAnew(io, options, { recorded, kept });
  const erased = recorded.filter((one) => evidenceOf(kept, one, options.channel) === undefined && kept.erased.has(one.input)).length;
  const missing = recorded.length - replayed - erased;
  show(io, options, {
    document: {
      log: said,
      decisions: recorded.length,
      replayed,
      erased,
      missing,
      differences: differences.map(({ index, requestId, was, now }) => ({ index, requestId, was: { ...was }, now: { ...now } })),
    },
    names: differences.map(({ requestId }) => requestId),
    people: () => {
      io.out(`log: ${said}\n`);
      io.out(
        `${recorded.length} decisions of ${options.channel}: ${replayed} decided anew, ${differences.length} otherwise; evidence of ${erased} erased, of ${missing} missing\n`,
      );
      for (const { index, requestId, was, now } of differences)
        io.out(`  ${index} ${toCell(requestId)}: ${describe(was)} becomes ${describe(now)}\n`);
    },
  });
}

/** The decisions of the channel, and what may be said of the log they are from. Ends with the answer no where the log contradicts itself. */
async function readRecorded(io: Io, options: Options): Promise<{ readonly recorded: readonly Recorded[]; readonly said: string }> {
  const recorded: Recorded[] = [];
  if (options.unverified === true) {
    for (const line of await readObjects(resolve(io.directory, options.log))) {
      const [entry, index] = [memberOf(line, 'entry'), memberOf(line, 'index')];
      if (entry !== undefined && isJsonObject(entry))
        recorded.push(...toRecorded(typeof index === 'number' ? index : -1, entry, options.channel));
    }
    return { recorded, said: 'not checked, as --unverified asks' };
  }
  const { source, keySource, publicJwk } = await openLogFile(io, options.log, options.key);
  const checked = await checkLogExport(source.all(), {
    publicJwk,
    onEntry: (index, entry) => recorded.push(...toRecorded(index, entry, options.channel)),
  });
  if (!checked.ok) {
    const { code, detail } = checked.refusal;
    show(io, options, {
      document: { ok: false, code, detail },
      names: [],
      people: () => io.out(`log: ${code}: ${toCell(detail)}; nothing was decided anew\n`),
    });
    throw new AnswerIsNo();
  }
  const whose =
    keySource === 'file' ? 'signed with the key of --key' : 'whose key it is was not checked: it came with the log, give one with --key';
  return { recorded, said: `${checked.value.size} entries, consistent; ${whose}` };
}

/** What hashes to no commitment of the log is not used: evidence that was touched stands for no decision. */
async function readKept(path: string): Promise<Kept> {
  const evidence = new Map<string, DecisionEvidence>();
  const erased = new Set<string>();
  for (const line of await readObjects(path)) {
    if (memberOf(line, 'type') === 'erased') erased.add(textOf(memberOf(line, 'input')));
    const one = toEvidence(line);
    const commitment = one === undefined ? undefined : commitmentOf(one);
    if (one !== undefined && commitment !== undefined) evidence.set(commitment, one);
  }
  return { evidence, erased };
}

/** The commitment covers neither channel nor time zone; the log says both itself. */
function evidenceOf({ evidence }: Kept, { input, timeZone }: Recorded, channel: string): DecisionEvidence | undefined {
  const own = evidence.get(input);
  return own?.channel === channel && own.timeZone === timeZone ? own : undefined;
}

async function decideAnew(
  io: Io,
  { policy, channel }: Options,
  { recorded, kept }: { readonly recorded: readonly Recorded[]; readonly kept: Kept },
): Promise<{ readonly replayed: number; readonly differences: readonly Difference[] }> {
  const policySets = new Map<string, PolicySet>();
  const policySetOf = async (timeZone: string): Promise<PolicySet> => {
    const policySet = policySets.get(timeZone) ?? (await readPolicySet(resolve(io.directory, policy), channel, timeZone));
    policySets.set(timeZone, policySet);
    return policySet;
  };
  const differences: Difference[] = [];
  let replayed = 0;
  for (const one of recorded) {
    const { index, requestId, effect, reasons } = one;
    const own = evidenceOf(kept, one, channel);
    if (own === undefined) continue;
    const now = decide({ policySet: await policySetOf(own.timeZone), facts: own.facts, request: own });
    replayed += 1;
    if (now.effect !== effect || JSON.stringify(now.reasons) !== JSON.stringify(reasons))
      differences.push({ index, requestId, was: { effect, reasons }, now: { effect: now.effect, reasons: now.reasons } });
  }
  return { replayed, differences };
}

function describe({ effect, reasons }: Verdict): string {
  return toCell(`${effect} (${reasons.join(', ')})`);
}

async function readObjects(path: string): Promise<readonly JsonObject[]> {
  const objects: JsonObject[] = [];
  for await (const line of readLines(path)) {
    if (line === '') continue;
    const json = parseJson(line);
    if (!json.ok || !isJsonObject(json.value)) throw new CommandError('CONFIG_INVALID', `${path} is not NDJSON`);
    objects.push(json.value);
  }
  return objects;
}

/** An entry of the log that is a decision of the channel. CommandError LOG_INCONSISTENT where its reasons cannot be read whole. */
function toRecorded(index: number, entry: JsonObject, channel: string): readonly Recorded[] {
  if (memberOf(entry, 'kind') !== 'decision') return [];
  const evidence = memberOf(entry, 'evidence');
  const committed = evidence !== undefined && isJsonObject(evidence) ? evidence : {};
  const input = memberOf(committed, 'input');
  if (typeof input !== 'string' || !textOf(memberOf(entry, 'action')).startsWith(`${channel}:`)) return [];
  const reasons = textsOf(memberOf(entry, 'reasons'));
  if (reasons === undefined) throw new CommandError('LOG_INCONSISTENT', `entry ${index}: reasons: not a list of texts`);
  return [
    {
      index,
      requestId: textOf(memberOf(entry, 'requestId')),
      effect: textOf(memberOf(entry, 'effect')),
      reasons,
      input,
      timeZone: textOf(memberOf(committed, 'timeZone')),
    },
  ];
}

/** The form is all that is looked at here: what does not hash to a commitment of the log is not used. */
function toEvidence(line: JsonObject): DecisionEvidence | undefined {
  const [at, resource, facts] = [memberOf(line, 'at'), memberOf(line, 'resource'), memberOf(line, 'facts')];
  if (typeof at !== 'number' || resource === undefined || !isJsonObject(resource) || !Array.isArray(facts)) return undefined;
  const [channel, timeZone, key, principal, action] = ['channel', 'timeZone', 'key', 'principal', 'action'].map((name) =>
    textOf(memberOf(line, name)),
  );
  if (channel === undefined || timeZone === undefined || key === undefined || principal === undefined || action === undefined)
    return undefined;
  return { channel, timeZone, key, principal, action, resource, at: instant(at), facts: facts as unknown as readonly Fact[] };
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
