import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLoggedChanges, type LoggedChanges } from '@gridpass/audit';
import { parseJson } from '@gridpass/codec';
import { Fault, type TenantId } from '@gridpass/core';
import { directoryOf } from './checkpoint-files.js';
import { readIfThere } from './log-files.js';
import { tellOperator, type ProgramEvent } from './program-event.js';
import { replaceWhole } from './whole-file.js';

/** What the log knows of acts, and a database that was put back may not. */
export interface LostChanges extends LoggedChanges {
  /** To be called once they are done again. */
  done(): Promise<void>;
  /** Tells an operator, in one line, what of it cannot be done again here. */
  left(detail: string): void;
}

const fileOf = (directory: string, tenant: TenantId): string => join(directoryOf(directory, tenant), 'lost-changes.json');

/** Writes down what a replay leaves to be done again. */
export async function keepLostChanges(directory: string, tenant: TenantId, changes: LoggedChanges): Promise<void> {
  await replaceWhole(fileOf(directory, tenant), JSON.stringify(changes));
}

/** Whether what a replay left is there and cannot be read whole: nobody can do it again until it is written anew. */
export async function isDamaged(directory: string, tenant: TenantId): Promise<boolean> {
  const text = await readIfThere(fileOf(directory, tenant));
  return text !== undefined && parseLost(text) === undefined;
}

/** What a replay left to be done again for a tenant; undefined where there is nothing. Fault AUDIT_UNAVAILABLE where it cannot be read whole. */
export async function readLostChanges(
  directory: string,
  tenant: TenantId,
  tell: (event: ProgramEvent) => void = tellOperator,
): Promise<LostChanges | undefined> {
  const file = fileOf(directory, tenant);
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const changes = parseLost(text);
  if (changes === undefined) throw new Fault('AUDIT_UNAVAILABLE', `${file} is damaged; lay the export there again`);
  // Another replica may have done them too.
  return { ...changes, done: () => rm(file, { force: true }), left: (detail) => tell({ kind: 'done', tenant, detail }) };
}

function parseLost(text: string): LoggedChanges | undefined {
  const json = parseJson(text);
  return json.ok ? parseLoggedChanges(json.value) : undefined;
}
