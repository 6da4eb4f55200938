import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** What a program said, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Settles when standard output or error holds the text; rejects when the program ends before, or says nothing of it for four minutes. */
  says(text: string): Promise<void>;
}

/** A directory of its own for one society. */
export function freshDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'gridpass-e2e-'));
}

/** Starts a node program of the build; environment variables of the product are only those given. */
export function start(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = root): Started {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('GRIDPASS_') && name !== 'NODE_OPTIONS'),
  );
  const child = spawn(process.execPath, [file, ...args], { cwd, env: { ...clean, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const waiting: { readonly text: string; readonly resolve: () => void; readonly reject: (cause: Error) => void }[] = [];
  const look = (): void => {
    for (const one of [...waiting])
      if (stdout.includes(one.text) || stderr.includes(one.text)) waiting.splice(waiting.indexOf(one), 1)[0]?.resolve();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    look();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      for (const one of waiting) one.reject(new Error(`ended with ${String(code)} before it said ${one.text}\n${stdout}\n${stderr}`));
      resolve({ code, stdout, stderr });
    });
  });
  return {
    child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`did not say ${text} within four minutes\n${stdout}\n${stderr}`)), 240_000).unref();
        const settle = (done: () => void): void => {
          clearTimeout(late);
          done();
        };
        waiting.push({ text, resolve: () => settle(resolve), reject: (cause) => settle(() => reject(cause)) });
        look();
      }),
  };
}

export const society = join(root, 'agents/society/dist/main.js');
export const cli = join(root, 'agents/cli/bin/gridpass.js');
