import { decodeBase64url, isJsonObject, memberOf, parseJson, textsOf } from '@gridpass/codec';
import { InputError, tenantId } from '@gridpass/core';
import type { Instant, JsonObject, JsonValue, PublicJwk, TenantId } from '@gridpass/core';
import { parsePublicJwk } from '@gridpass/keys';

/** The form of what is in a backup, beside that of the file. */
export const CONTENT_VERSION = 1;

/** A log as it was at the backup. */
export interface BackedUpLog {
  readonly tenant: TenantId;
  readonly key: PublicJwk;
  readonly size: number;
  /** Undefined of the empty log. */
  readonly root: Uint8Array | undefined;
  readonly rootHash: string;
  /** The last checkpoint that was kept outside the database; undefined where none was. */
  readonly kept?: string;
}

/** What stands before the first row of a backup. */
export interface Manifest {
  /** Its own name, made anew for each. */
  readonly backup: string;
  readonly program: string;
  readonly tenants: readonly string[];
  readonly takenAt: Instant;
  readonly migrations: readonly string[];
  readonly keyEncryptionKeys: readonly string[];
  readonly logs: readonly BackedUpLog[];
}

/** Who a backup is of. */
export interface Owner {
  readonly program: string;
  readonly tenants: readonly string[];
}

/** The tenants of a configuration, in whichever of its keys they stand. */
export function tenantsOf(config: object): readonly string[] {
  if (!isJsonObject(config)) return [];
  const one = memberOf(config, 'tenant');
  const many = ['tenants', 'wallets'].flatMap((key) => {
    const member = memberOf(config, key);
    return Array.isArray(member) ? member.map((entry: JsonValue) => (isJsonObject(entry) ? memberOf(entry, 'tenant') : undefined)) : [];
  });
  return [one, ...many].filter((name) => typeof name === 'string').sort();
}

const bad = (detail: string): InputError => new InputError('ARCHIVE_INVALID', `the backup is not whole: ${detail}`);

/** Reads the lines up to the first table; what follows is left to be read. */
export async function readManifest(lines: AsyncIterator<string>): Promise<Manifest> {
  const first = await nextObject(lines, 'manifest');
  if (memberOf(first, 'version') !== CONTENT_VERSION)
    throw new InputError(
      'CONFLICT',
      `the backup has a form that this version does not read; restore it with the version that made it, or a newer one`,
    );
  const kept = new Map<string, string>();
  let line = await nextObject(lines);
  for (; memberOf(line, 'kind') === 'checkpoint'; line = await nextObject(lines)) kept.set(textOf(line, 'tenant'), textOf(line, 'note'));
  if (memberOf(line, 'kind') !== 'database') throw bad('it does not say what the database is');
  const logs = memberOf(line, 'logs');
  const takenAt = memberOf(first, 'takenAt');
  if (!Array.isArray(logs) || typeof takenAt !== 'number') throw bad('it does not say which logs it has, or when it was made');
  return {
    backup: textOf(first, 'backup'),
    program: textOf(first, 'program'),
    tenants: listOf(first, 'tenants'),
    takenAt: takenAt as Instant,
    migrations: listOf(line, 'migrations'),
    keyEncryptionKeys: listOf(line, 'keyEncryptionKeys'),
    logs: logs.map((log: JsonValue) => toLog(log, kept)),
  };
}

function toLog(value: JsonValue, kept: ReadonlyMap<string, string>): BackedUpLog {
  if (!isJsonObject(value)) throw bad('a log is no object');
  const [tenant, size, rootHash] = [textOf(value, 'tenant'), memberOf(value, 'size'), memberOf(value, 'root')];
  const parsed = parseJson(textOf(value, 'key'));
  const key = parsed.ok ? parsePublicJwk(parsed.value) : parsed;
  const root = typeof rootHash === 'string' ? decodeBase64url(rootHash) : undefined;
  const note = kept.get(tenant);
  if (!key.ok || typeof size !== 'number' || root?.ok === false) throw bad(`the log of ${tenant} is not described`);
  return {
    tenant: tenantId(tenant),
    key: key.value,
    size,
    root: root?.value,
    rootHash: typeof rootHash === 'string' ? rootHash : '',
    ...(note === undefined ? {} : { kept: note }),
  };
}

async function nextObject(lines: AsyncIterator<string>, kind?: string): Promise<JsonObject> {
  const next = await lines.next();
  const json = next.done === true ? undefined : parseJson(next.value);
  if (json?.ok !== true || !isJsonObject(json.value) || (kind !== undefined && memberOf(json.value, 'kind') !== kind))
    throw bad('it does not begin as a backup does');
  return json.value;
}

function textOf(object: JsonObject, name: string): string {
  const text = memberOf(object, name);
  if (typeof text !== 'string') throw bad(`it has no ${name}`);
  return text;
}

function listOf(object: JsonObject, name: string): readonly string[] {
  const texts = textsOf(memberOf(object, name) ?? null);
  if (texts === undefined) throw bad(`it has no ${name}`);
  return texts;
}
