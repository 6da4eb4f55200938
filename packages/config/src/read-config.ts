import { readFileSync } from 'node:fs';
import { deepFreeze, isJsonObject, parseJson } from '@gridpass/codec';
import { InputError, type JsonObject } from '@gridpass/core';
import type { z } from 'zod';
import { readEnvironment } from './environment.js';
import { toEnvName } from './names.js';
import { assertKnownKeys } from './unknown-keys.js';

/** Where a configuration comes from. */
export interface ReadConfigOptions<T> {
  /** Describes the whole configuration; objects should be strict, and are treated as if they were. */
  readonly schema: z.ZodType<T>;
  /** Path of a JSON file; without it, the variable `<prefix>CONFIG` may name one. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly envPrefix: 'GRIDPASS_';
  /** Variables with the prefix that something else reads. */
  readonly otherEnv?: readonly string[];
  /** What the command line says; wins over file and environment. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/**
 * Reads a program's configuration once and freezes it. The caller is a program's config.ts; everything else gets its
 * part as an argument. Throws InputError CONFIG_UNKNOWN_KEY or CONFIG_INVALID with every bad key and what to do.
 *
 * @example readConfig({ schema: z.strictObject({ port: z.int() }), env: { GRIDPASS_PORT: '8080' }, envPrefix: 'GRIDPASS_' }) // { port: 8080 }
 */
export function readConfig<T>(options: ReadConfigOptions<T>): T {
  const { schema, env, envPrefix } = options;
  const fileVariable = `${envPrefix}CONFIG`;
  const file = options.file ?? env[fileVariable];
  let merged: Tree = file === undefined ? {} : mergeInto({}, readFile(file));
  for (const { path, value } of readEnvironment(schema, env, envPrefix, new Set([fileVariable, ...(options.otherEnv ?? [])]))) {
    merged = mergeInto(merged, nest(path, value));
  }
  merged = mergeInto(merged, options.overrides ?? {});
  assertKnownKeys(merged, [schema]);
  const parsed = schema.safeParse(merged);
  if (!parsed.success) throw invalid(parsed.error.issues, envPrefix);
  return deepFreeze(parsed.data);
}

function readFile(file: string): JsonObject {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(file));
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
    throw new InputError('CONFIG_INVALID', `the configuration file ${file} cannot be read (${code})`, { cause: error });
  }
  const json = parseJson(bytes);
  if (!json.ok) throw new InputError('CONFIG_INVALID', `the configuration file ${file} is not acceptable: ${json.refusal.detail}`);
  if (!isJsonObject(json.value)) throw new InputError('CONFIG_INVALID', `the configuration file ${file} holds no object`);
  return json.value;
}

type Tree = Readonly<Record<string, unknown>>;

/** The tree that holds one value at one path. */
function nest(path: readonly string[], value: unknown): Tree {
  const [key = '', ...rest] = path;
  return { [key]: rest.length === 0 ? value : nest(rest, value) };
}

/** A new tree in which `over` wins; objects are joined, everything else is replaced, undefined says nothing. */
function mergeInto(base: Tree, over: Tree): Tree {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const under = merged[key];
    if (value === undefined) continue;
    merged[key] = isJsonObject(value) ? mergeInto(isJsonObject(under) ? under : {}, value) : value;
  }
  return merged;
}

/** Where a variable can say it: of lists and of names that are no words of ours, the variable holds the whole as JSON. */
function toVariable(prefix: string, path: readonly string[]): string {
  const end = path.findIndex((part) => !/^[a-z][A-Za-z]*$/u.test(part));
  return end === -1 ? `as ${toEnvName(prefix, path)}` : `in ${toEnvName(prefix, path.slice(0, end))}`;
}

/** A rule that the start of a program holds too names its key itself; in the line of that key it is named once. */
function withoutKey(message: string, path: readonly string[]): string {
  const named = [path.join('.'), path.at(-1)].find((key) => message.startsWith(`${key}: `));
  return named === undefined ? message : message.slice(named.length + 2);
}

function invalid(issues: readonly z.core.$ZodIssue[], prefix: string): InputError {
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown !== undefined)
    return new InputError(
      'CONFIG_UNKNOWN_KEY',
      `the configuration key ${[...unknown.path, unknown.keys[0] ?? ''].join('.')} is not known here`,
    );
  const lines = issues.map((issue) => {
    const path = issue.path.map(String);
    return path.length === 0
      ? issue.message
      : `${path.join('.')}: ${withoutKey(issue.message, path)} (in the file, or ${toVariable(prefix, path)})`;
  });
  return new InputError('CONFIG_INVALID', `the configuration is not acceptable:\n  ${lines.join('\n  ')}`);
}
