import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '@gridpass/codec';
import { connectChain } from '@gridpass/ledger';
import { freePorts, startAnvil, startPostgres } from '@gridpass/testkit';
import { cli, freshDirectory, root, start, type Ended, type Started } from '../_process.js';
import { createTestAuthority } from './_authority.js';
import { terminateHttps, terminateTls, type Terminator } from './_proxy.js';
import { readWalk, type Step } from './_walk.js';

/** What each program says once it can be asked. */
const IS_UP = {
  issuer: 'issuer at ',
  wallet: 'wallets at ',
  marketplace: 'marketplace at ',
  'ledger-gate': 'ledger gate at ',
  device: 'device did:',
};

/** The machines, databases, certificates and the chain that the walk takes for granted, all on this machine. */
export interface Installation {
  readonly directory: string;
  /** The address that stands for `https://NAME.example`. */
  address(name: string): string;
  /** The token that was made for somebody. */
  token(person: string): string;
  /** What the walk tells the reader to look up and to write in the place of a word. */
  fill(word: string, value: string): void;
  /** Does one step of the walk; a program that is started again ends first. */
  take(step: Step): Promise<void>;
  /** A line for a shell in the directory of the walk, with its exit code and what it printed. */
  shell(text: string): Promise<Ended>;
  /** The program of a configuration file, as it runs. */
  running(config: string): Started;
  stop(config: string): Promise<void>;
  close(): Promise<void>;
}

export async function openInstallation(): Promise<Installation> {
  const { proxied } = readWalk();
  const directory = freshDirectory();
  const [postgres, node, authority] = await Promise.all([
    startPostgres(),
    startAnvil(),
    createTestAuthority(proxied.map(({ name }) => name)),
  ]);
  const authorityFile = join(directory, 'authority.pem');
  writeFileSync(authorityFile, authority.certificate);
  const words = new Map<string, string>();
  const terminators: Terminator[] = [];
  const first = await freePorts(2 * proxied.length + 3);
  let next = first;
  const addresses = new Map<string, string>();
  for (const { name, port } of proxied) {
    const [outside, inside] = [next++, name === 'node.example' ? Number(new URL(node.rpcUrl).port) : next++];
    terminators.push(await terminateHttps(outside, inside, authority.server));
    addresses.set(name, `https://${name}:${outside}`);
    for (const [word, value] of [
      [`https://${name}`, `https://${name}:${outside}`],
      [`did:web:${name}`, `did:web:${name}%3A${outside}`],
      [`"port": ${port}`, `"port": ${inside}`],
    ] as const)
      words.set(word, value);
  }
  const [mqtts, mqtt, otherMqtt] = [next++, next++, next++];
  terminators.push(await terminateTls(mqtts, mqtt, authority.server));
  words
    .set('market.example:8883', `market.example:${mqtts}`)
    .set('"port": 1883', `"port": ${mqtt}`)
    .set('"port": 1884', `"port": ${otherMqtt}`);
  words.set('http://127.0.0.1:8545', node.rpcUrl);
  const programs = new Map<string, Started>();
  const env = { NODE_EXTRA_CA_CERTS: authorityFile, NODE_OPTIONS: `--import=${join(import.meta.dirname, '_names.mjs')}` };

  const token = (person: string): string => readFileSync(join(directory, `${person}.token`), 'utf8').trim();
  const inPlace = async (text: string): Promise<string> => {
    for (const [database] of text.matchAll(/postgres:\/\/[a-z]+\.database\.example\/[a-z]+/g))
      if (!words.has(database)) words.set(database, await postgres.createDatabase());
    const filled = [...words].reduce((so, [word, value]) => so.replaceAll(word, value), text);
    return filled.replaceAll(/DIGEST-OF-([a-z-]+)/g, (_word, person: string) => digestOf(token(person)));
  };
  const shell = (text: string): Promise<Ended> =>
    runShell(`npx() { shift; "${process.execPath}" "${cli}" "$@"; }\nset -eu\n${text}`, directory, env);
  const stop = async (config: string): Promise<void> => {
    const running = programs.get(config);
    programs.delete(config);
    running?.child.kill('SIGTERM');
    await running?.ended;
  };
  return {
    directory,
    token,
    shell: async (text) => shell(await inPlace(text)),
    stop,
    address: (name) => addresses.get(`${name}.example`) ?? '',
    fill: (word, value) => void words.set(word, value),
    running: (config) => {
      const found = programs.get(config);
      if (found === undefined) throw new Error(`${config} does not run`);
      return found;
    },
    take: async (step) => {
      if (step.kind === 'file') {
        mkdirSync(directory, { recursive: true });
        writeFileSync(join(directory, step.name), await inPlace(step.text));
      } else if (step.kind === 'shell') {
        const ended = await shell(await inPlace(step.text));
        if (ended.code !== 0) throw new Error(`${step.text}\nended with ${String(ended.code)}\n${ended.stdout}\n${ended.stderr}`);
        await fundAccounts(ended.stdout, node);
      } else {
        await stop(step.config);
        const started = start(join(root, 'agents', step.program, 'dist/main.js'), ['--config', step.config], env, directory);
        programs.set(step.config, started);
        await started.says(IS_UP[step.program as keyof typeof IS_UP]);
      }
    },
    close: async () => {
      await Promise.all([...programs.keys()].map(stop));
      await Promise.all(terminators.map((one) => one.close()));
      await node.stop();
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Accounts whose addresses were printed get funds, as whoever runs the chain gives them. */
async function fundAccounts(printed: string, { rpcUrl, chainId }: { readonly rpcUrl: string; readonly chainId: number }): Promise<void> {
  const chain = connectChain({ rpcUrl, chainId });
  for (const [account] of printed.matchAll(/^0x[0-9a-fA-F]{40}\b/gm)) await chain.ask('anvil_setBalance', [account, '0x8ac7230489e80000']);
  chain.close();
}

function runShell(text: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const child = spawn('sh', ['-c', text], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
    // A line that waits for what never comes is a failure of its step, with what it printed until then.
    timeout: 120_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (more: string) => (stdout += more));
  child.stderr.setEncoding('utf8').on('data', (more: string) => (stderr += more));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
