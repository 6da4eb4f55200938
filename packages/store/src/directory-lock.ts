import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill, pid as ownPid } from 'node:process';
import { InputError } from '@gridpass/core';
import { errorCode } from './faults.js';

/** A held directory; release it when the store closes. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Takes a directory for this process alone, through a lock file that names the process. A lock whose process is gone
 * (killed, machine restarted) is recovered; one whose process lives is an InputError CONFLICT. All users of the
 * directory must see the same process table: two containers must not share it.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  // What is in here is in the clear but for the keys: wallets' credentials, applications, the log.
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'lock');
  const mine = `${ownPid} ${await startOf(ownPid)} ${randomUUID()}\n`;
  const draft = join(directory, `lock.${randomUUID()}`);
  await writeFile(draft, mine, { flag: 'wx' });
  try {
    // link(2) creates the lock with its content in one step, or says EEXIST.
    while (!(await linked(draft, path))) await removeStale(directory, path);
  } finally {
    await rm(draft, { force: true });
  }
  return {
    release: async () => {
      if ((await contentOf(path)) === mine) await rm(path, { force: true });
    },
  };
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(directory: string, path: string): Promise<void> {
  const content = await contentOf(path);
  if (content === undefined) return;
  const [pidText = '', start = ''] = content.trim().split(' ');
  const pid = Number(pidText);
  if (await isRunning(pid, start)) {
    throw new InputError('CONFLICT', `the data directory ${directory} is in use by process ${pid}; stop it, or choose another directory`);
  }
  // Another process may recover at the same moment: move the lock away and look what was caught before dropping it.
  const caught = join(directory, `lock.${randomUUID()}`);
  try {
    await rename(path, caught);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  if ((await contentOf(caught)) !== content) await linked(caught, path);
  await rm(caught, { force: true });
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function isRunning(pid: number, start: string): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else.
    if (errorCode(error) !== 'EPERM') return false;
  }
  // Process ids come back (in a container always as 1); boot and start time tell the old owner from the new one.
  return start === (await startOf(pid));
}

async function startOf(pid: number): Promise<string> {
  const stat = await contentOf(`/proc/${pid}/stat`);
  const boot = await contentOf('/proc/sys/kernel/random/boot_id');
  // Field 22 of proc(5), counted after the command name, which may hold spaces.
  const ticks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? 'unknown' : `${(boot ?? '').trim()}:${ticks}`;
}
