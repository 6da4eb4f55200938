import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { findPostgresBinaries } from './postgres-binaries.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { freePort } from './free-port.js';

/** A real PostgreSQL server of the test's own. */
export interface TestPostgres {
  /** Connection URL of the first database. */
  readonly url: string;
  readonly port: number;
  /** Makes another empty database and returns its URL. */
  createDatabase(): Promise<string>;
  /** Ends the server at once and keeps its data; `resume` starts it again on the same port. */
  halt(): Promise<void>;
  resume(): Promise<void>;
  /** Ends the server at once and deletes its data. */
  stop(): Promise<void>;
}

// The server dies with us, however we die: the shell waits on its standard input, which closes with this process.
const SUPERVISOR =
  '"$0" "$@" 3<&- & server=$!; ( cat <&3 >/dev/null; kill -QUIT $server 2>/dev/null ) & wait $server; [ -e "$GRIDPASS_DATA/keep" ] || rm -rf "$GRIDPASS_DATA"; kill $! 2>/dev/null';

/** Starts PostgreSQL on a free port of 127.0.0.1 from npm's binaries: as the ordinary user, or for root as `nobody`. */
export async function startPostgres(): Promise<TestPostgres> {
  const binaries = await findPostgresBinaries();
  const directory = await mkdtemp(join(binaries.parent, 'gridpass-pg-'));
  const password = randomUUID();
  await writeFile(join(directory, 'password'), password);
  if (binaries.runAs !== undefined) {
    await chown(directory, binaries.runAs.uid, binaries.runAs.gid);
    await chown(join(directory, 'password'), binaries.runAs.uid, binaries.runAs.gid);
  }
  try {
    await initialise(binaries, directory);
    const port = await freePort();
    let server = run(binaries, directory, port);
    const url = `postgres://gridpass:${password}@127.0.0.1:${port}/postgres`;
    await untilReady(url, server);
    const end = async (): Promise<void> => {
      const ended = new Promise<void>((resolve) => {
        if (server.exitCode !== null || server.signalCode !== null) resolve();
        else server.once('exit', () => resolve());
      });
      server.stdin?.end();
      await ended;
    };
    return {
      url,
      port,
      createDatabase: async () => {
        const name = `t${randomUUID().replaceAll('-', '')}`;
        await query(url, `create database ${name}`);
        return url.replace(/\/postgres$/, `/${name}`);
      },
      halt: async () => {
        await writeFile(join(directory, 'keep'), '');
        await end();
      },
      resume: async () => {
        await rm(join(directory, 'keep'), { force: true });
        server = run(binaries, directory, port);
        await untilReady(url, server);
      },
      stop: async () => {
        await end();
        await rm(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function initialise(binaries: PostgresBinaries, directory: string): Promise<void> {
  const args = [
    '-D',
    join(directory, 'data'),
    '-U',
    'gridpass',
    '--pwfile',
    join(directory, 'password'),
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  const child = spawn(join(binaries.bin, 'initdb'), args, {
    ...binaries.runAs,
    cwd: directory,
    env: {},
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`initdb ended with ${String(code)}: ${said.join('')}`);
}

function run(binaries: PostgresBinaries, directory: string, port: number): ChildProcess {
  const settings = [
    'fsync=off',
    'full_page_writes=off',
    'shared_buffers=32MB',
    'max_connections=60',
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${directory}`,
  ];
  const args = [
    '-c',
    `exec 3<&0; trap "" TERM INT HUP; ${SUPERVISOR}`,
    join(binaries.bin, 'postgres'),
    '-D',
    join(directory, 'data'),
    '-p',
    String(port),
    ...settings.flatMap((setting) => ['-c', setting]),
  ];
  const server = spawn('/bin/sh', args, {
    ...binaries.runAs,
    cwd: binaries.parent,
    env: { PATH: '/usr/bin:/bin', GRIDPASS_DATA: directory },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  server.unref();
  return server;
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`);
    const ready = await query(url, 'select 1').then(
      () => true,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
  server.stdin?.end();
  throw new Error('postgres did not become ready');
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
