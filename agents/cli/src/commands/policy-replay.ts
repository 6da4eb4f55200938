import { resolve } from 'node:path';
import type { Command } from 'commander';
import { commitmentOf } from '@gridpass/audit';
import type { DecisionEvidence } from '@gridpass/audit';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import { instant } from '@gridpass/core';
import type { Fact, JsonObject, JsonValue } from '@gridpass/core';
import { decide } from '@gridpass/policy';
import type { PolicySet } from '@gridpass/policy';
import { CommandError } from '../io.js';
import type { Io } from '../io.js';
import { printJson } from '../print.js';
import { readPolicySet, readText } from './policy-files.js';

interface Options {
  readonly log: string;
  readonly evidence: string;
  readonly policy: string;
  readonly channel: string;
  readonly json?: boolean;
}

interface Verdict {
  readonly effect: string;
  readonly reasons: readonly string[];
}

interface Recorded extends Verdict {
  readonly index: number;
  readonly requestId: string;
  readonly input: string;
}

/** `gridpass policy replay`: recorded decisions decided anew. The log holds commitments alone, hence the evidence beside it. */
export function addPolicyReplay(policy: Command, io: Io): void {
  policy
    .command('replay')
    .description('decide the recorded decisions of a channel anew under a changed policy and show the differences')
    .requiredOption('--log <file>', 'an audit export as NDJSON; check it with `gridpass audit verify` first')
    .requiredOption('--evidence <file>', 'what the decisions were taken on, as NDJSON, kept by the operator of the gate')
    .requiredOption('--policy <file>', 'the changed policy')
    .requiredOption('--channel <name>', 'the channel whose decisions are decided anew')
    .option('--json', 'print JSON')
    .action((options: Options) => replay(io, options));
}

async function replay(io: Io, options: Options): Promise<void> {
  const recorded = (await readLines(resolve(io.directory, options.log))).flatMap((line) => toRecorded(line, options.channel));
  const evidence = new Map<string, DecisionEvidence>();
  for (const line of await readLines(resolve(io.directory, options.evidence))) {
    const one = toEvidence(line);
    const commitment = one === undefined ? undefined : commitmentOf(one);
    if (one === undefined || commitment === undefined)
      throw new CommandError('CONFIG_INVALID', `${options.evidence} has a line that is no evidence`);
    evidence.set(commitment, one);
  }
  const policySets = new Map<string, PolicySet>();
  const differences: { readonly index: number; readonly requestId: string; readonly was: JsonObject; readonly now: JsonObject }[] = [];
  let replayed = 0;
  for (const { index, requestId, input, effect, reasons } of recorded) {
    const own = evidence.get(input);
    if (own === undefined) continue;
    const policySet =
      policySets.get(own.timeZone) ?? (await readPolicySet(resolve(io.directory, options.policy), options.channel, own.timeZone));
    policySets.set(own.timeZone, policySet);
    const now = decide({ policySet, facts: own.facts, request: own });
    replayed += 1;
    if (now.effect !== effect || JSON.stringify(now.reasons) !== JSON.stringify(reasons))
      differences.push({ index, requestId, was: { effect, reasons }, now: { effect: now.effect, reasons: now.reasons } });
  }
  const withoutEvidence = recorded.length - replayed;
  if (options.json === true) return printJson(io, { decisions: recorded.length, replayed, withoutEvidence, differences });
  io.out(
    `${recorded.length} decisions of ${options.channel}: ${replayed} decided anew, ${differences.length} otherwise, ${withoutEvidence} without evidence\n`,
  );
  for (const { index, requestId, was, now } of differences) io.out(`  ${index} ${requestId}: ${describe(was)} becomes ${describe(now)}\n`);
  return undefined;
}

function describe(verdict: JsonObject): string {
  return `${textOf(memberOf(verdict, 'effect'))} (${textsOf(memberOf(verdict, 'reasons')).join(', ')})`;
}

async function readLines(path: string): Promise<readonly JsonObject[]> {
  const lines = (await readText(path)).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const json = parseJson(line);
    if (!json.ok || !isJsonObject(json.value)) throw new CommandError('CONFIG_INVALID', `${path} is not NDJSON`);
    return json.value;
  });
}

/** An entry of the export that is a decision of the channel. */
function toRecorded(line: JsonObject, channel: string): readonly Recorded[] {
  const entry = memberOf(line, 'entry');
  if (entry === undefined || !isJsonObject(entry) || memberOf(entry, 'kind') !== 'decision') return [];
  const evidence = memberOf(entry, 'evidence');
  const input = evidence !== undefined && isJsonObject(evidence) ? memberOf(evidence, 'input') : undefined;
  if (typeof input !== 'string' || !textOf(memberOf(entry, 'action')).startsWith(`${channel}:`)) return [];
  const index = memberOf(line, 'index');
  return [
    {
      index: typeof index === 'number' ? index : -1,
      requestId: textOf(memberOf(entry, 'requestId')),
      effect: textOf(memberOf(entry, 'effect')),
      reasons: textsOf(memberOf(entry, 'reasons')),
      input,
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

function textsOf(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).map(textOf) : [];
}
