import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { toLines } from '@gridpass/codec';
import { Fault, isError } from '@gridpass/core';
import { snapshotLines, type Store } from '@gridpass/store';
import { hasCode } from '../whole-file.js';
import { ROW_LINES } from './backup-file.js';

/** Longest address of a socket that all systems take. */
const LONGEST = 100;
/** The embedded store answers nobody else meanwhile: a reader that stops is left behind. */
const STALLED_MS = 10_000;

/**
 * Where a program on the embedded store gives out a snapshot of it: the store is this process's alone. The socket lies in the directory of
 * the database, which only its owner can enter, and who can read the one can read the other.
 */
function addressOf(directory: string): string | undefined {
  const path = join(directory, 'backup.sock');
  return [path, relative(process.cwd(), path)].find((one) => Buffer.byteLength(one) <= LONGEST);
}

/** Answers each connection with a snapshot until it is closed; undefined where the directory's name is too long for a socket. */
export async function serveSnapshots(store: Pick<Store, 'db'>, directory: string): Promise<(() => Promise<void>) | undefined> {
  const address = addressOf(directory);
  if (address === undefined) return undefined;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.setTimeout(STALLED_MS, () => socket.destroy());
    // What fails shows at the other end, where the last line is missing.
    pipeline(Readable.from(withEnds(snapshotLines(store))), socket).catch((error: unknown) =>
      socket.destroy(isError(error) ? error : undefined),
    );
  });
  // Left by a process that was killed; the lock of the directory says that it is ours now.
  await rm(address, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  await chmod(address, 0o600);
  return async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  };
}

/** The lines of a snapshot from the program that has the store of the directory open; undefined where none has. */
export async function askForSnapshot(directory: string): Promise<AsyncIterable<string> | undefined> {
  const address = addressOf(directory);
  if (address === undefined) return undefined;
  const socket = connect(address);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ECONNREFUSED')) return undefined;
    throw new Fault('STORE_UNAVAILABLE', 'the program that has the store open gives out no snapshot', { cause: error });
  }
  return wholeLines(socket);
}

/** Fault STORE_UNAVAILABLE where the end is missing. */
async function* wholeLines(socket: Socket): AsyncGenerator<string> {
  let last = '';
  try {
    for await (const line of toLines(socket, ROW_LINES)) yield (last = line);
  } catch (cause) {
    throw new Fault('STORE_UNAVAILABLE', 'the program that has the store open broke off', { cause });
  } finally {
    socket.destroy();
  }
  if (!last.startsWith('{"kind":"end"')) throw new Fault('STORE_UNAVAILABLE', 'the program that has the store open broke off');
}

async function* withEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
