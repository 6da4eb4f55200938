import { randomBytes } from 'node:crypto';
import { readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, type CheckpointKeeper, type KeptCheckpoint, type TenantId } from '@gridpass/core';
import { hasCode, makeWhole } from './whole-file.js';

/** Lies beside the checkpoints of a log that was given up, until an operator takes it away. */
export const GIVEN_UP = 'given-up';
const CHECKPOINT = /^([0-9]{16})\.checkpoint$/;

/** Where the checkpoints of a tenant's log are kept. */
export const directoryOf = (directory: string, tenant: TenantId): string => join(directory, tenant);

/**
 * Keeps checkpoints in files, a directory a log and a file a size. A file is made whole or not at all and never changed, so
 * that replicas may share a directory: who comes second at a size is told what the first one signed.
 */
export function createCheckpointFiles(directory: string): CheckpointKeeper {
  const list = async (tenant: TenantId): Promise<readonly { readonly size: number; readonly file: string }[]> =>
    (await read(() => readdir(directoryOf(directory, tenant)), []))
      .flatMap((name) => {
        const size = CHECKPOINT.exec(name)?.[1];
        return size === undefined ? [] : [{ size: Number(size), file: join(directoryOf(directory, tenant), name) }];
      })
      .sort((a, b) => b.size - a.size);
  return {
    readLast: async (tenant) => {
      // A replica may take a smaller one away between the two readings.
      for (const { size, file } of await list(tenant)) {
        const note = await read(() => readFile(file, 'utf8'), undefined);
        if (note !== undefined) return { size, note };
      }
      return undefined;
    },
    keepCheckpoint: (tenant, checkpoint) =>
      guarded(directory, async () => {
        const kept = await keep(directoryOf(directory, tenant), checkpoint);
        for (const { size, file } of await list(tenant)) if (size < checkpoint.size) await rm(file, { force: true });
        return kept;
      }),
    readGivenUp: async (tenant) => (await read(() => readFile(join(directoryOf(directory, tenant), GIVEN_UP), 'utf8'), undefined))?.trim(),
    keepGivenUp: (tenant, reason) =>
      guarded(directory, async () => void (await makeWhole(join(directoryOf(directory, tenant), GIVEN_UP), `${reason}\n`))),
    setAside: (tenant) =>
      guarded(directory, async () => {
        for (const { file } of await list(tenant)) await rename(file, `${file}.set-aside`);
        // The last: a crash before it leaves the log given up.
        const mark = join(directoryOf(directory, tenant), GIVEN_UP);
        await read(() => rename(mark, `${mark}.set-aside`), undefined);
      }),
    keepEvidence: (tenant, size, evidence) =>
      guarded(directory, async () => {
        const name = `split-view-${size}-${randomBytes(6).toString('hex')}.json`;
        await makeWhole(join(directoryOf(directory, tenant), name), `${evidence}\n`);
      }),
  };
}

async function keep(directory: string, { size, note }: KeptCheckpoint): Promise<string> {
  const file = join(directory, `${String(size).padStart(16, '0')}.checkpoint`);
  return (await makeWhole(file, note)) ? note : readFile(file, 'utf8');
}

async function read<T, E>(run: () => Promise<T>, absent: E): Promise<T | E> {
  try {
    return await run();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return absent;
    throw new Fault('AUDIT_UNAVAILABLE', 'the checkpoints kept beside the log cannot be read', { cause: error });
  }
}

async function guarded<T>(directory: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof Fault ? error : new Fault('AUDIT_UNAVAILABLE', `no checkpoint can be kept in ${directory}`, { cause: error });
  }
}
