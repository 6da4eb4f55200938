import process from 'node:process';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { Fault } from '@gridpass/core';
import { hasErrorCode } from './error-code.js';
import { recoverState, rememberState } from './state-file.js';

/** How an embedded chain is started. */
export interface EmbeddedNodeOptions {
  /** Where the chain keeps its state; absent = in memory. */
  readonly stateFile?: string;
  /** 0 or absent = any free port. */
  readonly port?: number;
  /** 31337 unless told. */
  readonly chainId?: number;
  /** Funded development accounts with publicly known keys; 0 for anything that stays up, 10 for tests. */
  readonly developmentAccounts: number;
  /** The time of the first block of a new chain, in seconds; the system's unless told. */
  readonly genesisTime?: number;
  /** Seconds between blocks; absent = a block for each transaction. */
  readonly blockSeconds?: number;
}

/** A running EVM node on this machine. */
export interface EmbeddedNode {
  readonly rpcUrl: string;
  readonly chainId: number;
  /** Whether the state file was damaged and its last good copy was taken instead. */
  readonly recovered: boolean;
  /** Settles when the node has ended, by `stop` or by itself, with its exit code. */
  readonly ended: Promise<number>;
  /** Ends the node gracefully (its state is on disk afterwards); safe to call twice. */
  stop(): Promise<void>;
  /** Ends the node at once, as a crash would. */
  kill(): Promise<void>;
}

// The node is the child of a shell that holds a pipe from us: when this program ends in whatever way, SIGKILL included,
// the pipe closes, `read` returns and the node is told to end. prctl(PR_SET_PDEATHSIG) cannot be reached from here.
const WATCHED = `exec 3<&0
"$0" "$@" </dev/null & node=$!
{ while read -r _; do :; done; kill -TERM "$node"; } <&3 >/dev/null 2>&1 & watch=$!
wait "$node"; code=$?
kill "$watch" 2>/dev/null
exit "$code"`;

const START_SECONDS = 30;
const STOP_SECONDS = 10;

/**
 * Starts an `anvil` from its npm package and waits until it answers. Gas is free on it, as on the permissioned chains
 * it stands for. Throws Fault PORT_BUSY, or CHAIN_UNAVAILABLE with the reason and what to do.
 */
export async function launchEmbeddedNode(options: EmbeddedNodeOptions): Promise<EmbeddedNode> {
  const { stateFile, port = 0, chainId = 31337 } = options;
  if (port !== 0 && (await isTaken(port)))
    throw new Fault('PORT_BUSY', `port ${port} is taken by another program; free it or configure another chain port`);
  let recovered = false;
  if (stateFile !== undefined) {
    await mkdir(dirname(stateFile), { recursive: true });
    recovered = await recoverState(stateFile);
  }
  const child = startProcess(nodeArguments({ ...options, port, chainId }));
  const killNow = (): void => {
    killGroup(child);
  };
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code) => {
      process.removeListener('exit', killNow);
      resolve(code ?? -1);
    });
    child.once('error', () => resolve(-1));
  });
  process.once('exit', killNow);
  const bound = await listening(child, ended).catch((cause: unknown) => {
    killNow();
    throw cause;
  });
  if (stateFile !== undefined) await rememberState(stateFile);

  const stopOnce = async (): Promise<void> => {
    child.stdin?.end();
    const late = setTimeout(killNow, STOP_SECONDS * 1000);
    await ended;
    clearTimeout(late);
    if (stateFile !== undefined) await rememberState(stateFile);
  };
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopOnce());
  const kill = async (): Promise<void> => {
    killNow();
    await ended;
  };
  return { rpcUrl: `http://127.0.0.1:${bound}`, chainId, recovered, ended, stop, kill };
}

function nodeArguments(options: EmbeddedNodeOptions & { readonly port: number; readonly chainId: number }): readonly string[] {
  return [
    '--host',
    '127.0.0.1',
    '--port',
    String(options.port),
    '--chain-id',
    String(options.chainId),
    '--color',
    'never',
    '--no-cors',
    '--base-fee',
    '0',
    '--gas-price',
    '0',
    '--disable-min-priority-fee',
    '--accounts',
    String(options.developmentAccounts),
    ...(options.genesisTime === undefined ? [] : ['--timestamp', String(options.genesisTime)]),
    ...(options.blockSeconds === undefined ? [] : ['--block-time', String(options.blockSeconds)]),
    ...(options.stateFile === undefined ? [] : ['--state', options.stateFile, '--state-interval', '1']),
  ];
}

function startProcess(args: readonly string[]): ChildProcess {
  const binary = nodeBinary();
  // The node's own request log is switched off: it would print one line for each call.
  const env = { RUST_LOG: 'off' };
  // detached: Ctrl-C reaches the whole terminal group; the node must outlive the programs that still write to it.
  if (process.platform === 'win32') return spawn(binary, [...args], { stdio: ['pipe', 'pipe', 'pipe'], env });
  return spawn('/bin/sh', ['-c', WATCHED, binary, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env, detached: true });
}

/** The binary inside the platform's npm package: no download, no install script. */
function nodeBinary(): string {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${cpu}`;
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const own = createRequire(import.meta.url);
  try {
    return createRequire(own.resolve('@foundry-rs/anvil/package.json')).resolve(`${name}/bin/anvil${suffix}`);
  } catch (cause) {
    throw new Fault(
      'CHAIN_UNAVAILABLE',
      `there is no embedded EVM node for this platform (${name} is not installed); configure the URL of a node instead`,
      { cause },
    );
  }
}

/** Waits for the line that names the port; the node listens by then. */
function listening(child: ChildProcess, ended: Promise<number>): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    let complaint = '';
    const late = setTimeout(
      () => reject(new Fault('CHAIN_UNAVAILABLE', `the EVM node did not start within ${START_SECONDS} s`)),
      START_SECONDS * 1000,
    );
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (output === 'done') return;
      output += text;
      const port = /^Listening on [^\n]*:(\d+)\s*$/m.exec(output)?.[1];
      if (port === undefined) return;
      output = 'done';
      clearTimeout(late);
      resolve(Number(port));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (complaint.length < 2000) complaint += text;
    });
    void ended.then((code) => {
      clearTimeout(late);
      reject(
        new Fault('CHAIN_UNAVAILABLE', `the EVM node ended at start with exit code ${code}: ${complaint.trim().split('\n')[0] ?? ''}`),
      );
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    // The shell leads a process group of its own; the minus sign names the group, the node in it included.
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch (cause) {
    if (!hasErrorCode(cause, 'ESRCH')) throw cause;
  }
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection({ host: '127.0.0.1', port });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
