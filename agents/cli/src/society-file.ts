import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isJsonObject, memberOf, parseJson } from '@gridpass/codec';
import type { JsonObject } from '@gridpass/core';
import { CommandError } from './io.js';
import type { Io } from './io.js';

/** Options that say which issuer a command talks to, and as whom. */
export interface TargetOptions {
  readonly society?: string;
  readonly url?: string;
  readonly tenant?: string;
}

/** An issuer's tenant with the token of one of its operators. */
export interface Target {
  readonly url: string;
  readonly tenant: string;
  readonly token: string;
}

/** The society names operators' tokens `operator:<tenant>`. */
const OPERATOR = 'operator:';

/** The running society's own description, written by `npm start`. */
export async function readSociety(io: Io, options: TargetOptions): Promise<JsonObject> {
  const file = resolve(io.directory, options.society ?? '.gridpass/society.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new CommandError('CONFIG_INVALID', `${file} cannot be read; start a society with npm start, or name one with --society`, {
      cause,
    });
  }
  const json = parseJson(text);
  if (!json.ok || !isJsonObject(json.value)) throw new CommandError('CONFIG_INVALID', `${file} is not the description of a society`);
  return json.value;
}

/** Whom a command talks to: `--url`, `--tenant` and the variable OPERATOR_TOKEN win over the society's file. */
export async function resolveTarget(io: Io, options: TargetOptions, defaultTenant?: string): Promise<Target> {
  const token = io.env['OPERATOR_TOKEN'];
  const given = options.tenant ?? defaultTenant;
  if (options.url !== undefined && token !== undefined && given !== undefined) return { url: trimmed(options.url), tenant: given, token };
  const society = await readSociety(io, options);
  const tokens = objectOf(society, 'tokens');
  // A society has operators of programs that are no issuers, too: what is offered here must work here.
  const issuers = memberOf(society, 'issuers');
  const tenants = Object.keys(tokens)
    .filter((name) => name.startsWith(OPERATOR))
    .map((name) => name.slice(OPERATOR.length))
    .filter((name) => !Array.isArray(issuers) || issuers.includes(name));
  const tenant = given ?? one(tenants, 'name a tenant with --tenant');
  const known = token ?? (tenants.includes(tenant) ? memberOf(tokens, `${OPERATOR}${tenant}`) : undefined);
  const url = options.url ?? memberOf(objectOf(society, 'urls'), 'issuer');
  if (typeof url !== 'string') throw new CommandError('CONFIG_INVALID', 'the society names no issuer; give its address with --url');
  if (typeof known !== 'string') {
    throw new CommandError(
      'ADMIN_TOKEN_INVALID',
      `no operator token for the tenant ${tenant}; known: ${tenants.join(', ') || 'none'}; or set OPERATOR_TOKEN`,
    );
  }
  return { url: trimmed(url), tenant, token: known };
}

/** Names of the parties that the society knows, by their DIDs; it knows none where another target is named, or no society is here. */
export async function partyNames(io: Io, options: TargetOptions): Promise<(did: string) => string | undefined> {
  if (options.url !== undefined && options.society === undefined) return () => undefined;
  const society = await readSociety(io, options).catch((error: unknown): JsonObject => {
    if (error instanceof CommandError) return {};
    throw error;
  });
  const names = new Map(Object.entries(objectOf(society, 'tenants')).map(([name, did]) => [did, name] as const));
  return (did) => names.get(did);
}

/** A member that is an object; empty where it is missing. */
export function objectOf(value: JsonObject, name: string): JsonObject {
  const member = memberOf(value, name);
  return member !== undefined && isJsonObject(member) ? member : {};
}

function one(names: readonly string[], help: string): string {
  const [name] = names;
  if (name === undefined || names.length > 1) throw new CommandError('CONFIG_INVALID', `${help}; known: ${names.join(', ')}`);
  return name;
}

/** An address without the slashes at its end. */
export const trimmed = (url: string): string => url.replace(/\/+$/u, '');
