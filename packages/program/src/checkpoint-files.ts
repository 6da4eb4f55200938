import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { types } from 'node:util';
import { Fault, type CheckpointKeeper, type KeptCheckpoint, type TenantId } from '@gridpass/core';

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
      guarded(directory, async () => void (await write(directoryOf(directory, tenant), GIVEN_UP, `${reason}\n`))),
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
        await write(directoryOf(directory, tenant), name, `${evidence}\n`);
      }),
  };
}

async function keep(directory: string, { size, note }: KeptCheckpoint): Promise<string> {
  const name = `${String(size).padStart(16, '0')}.checkpoint`;
  return (await write(directory, name, note)) ? note : readFile(join(directory, name), 'utf8');
}

/** Makes a file that is on the disk, with its name, when this returns; false where there is one of that name. */
async function write(directory: string, name: string, text: string): Promise<boolean> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = join(directory, `${name}.${randomBytes(6).toString('hex')}`);
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, join(directory, name));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return false;
  } finally {
    await rm(draft);
  }
  const names = await open(directory, 'r');
  try {
    await names.sync();
  } finally {
    await names.close();
  }
  return true;
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

export const hasCode = (error: unknown, code: string): boolean => types.isNativeError(error) && 'code' in error && error.code === code;
