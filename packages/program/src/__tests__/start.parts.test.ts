import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const file = fileURLToPath(new URL('./start-owner.ts', import.meta.url));
const register = fileURLToPath(new URL('../../../testkit/loader/register.mjs', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onOut: (child: ChildProcess, text: string) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, ['--no-warnings', '--import', register, file, ...args], { env: { PATH: '/usr/bin:/bin', ...env } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    onOut(child, out);
  });
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

describe('a program that is configured by a file', () => {
  it('checks its configuration and ends', async () => {
    expect(await run(['--check-config'], { GRIDPASS_NAME: 'x' })).toEqual({ code: 0, out: 'the configuration is acceptable\n', err: '' });
  });

  it('lists its keys with their variables', async () => {
    const { code, out } = await run(['--help']);
    expect([code, out]).toEqual([0, expect.stringContaining('name\n    GRIDPASS_NAME, required: what it says')]);
    expect(out).toMatch(/relative to the working directory\.\n$/);
  });

  it.each(['--help', '--check-config'])('ends well where the reader of %s goes away', async (option) => {
    const child = spawn(process.execPath, ['--no-warnings', '--import', register, file, option], {
      env: { PATH: '/usr/bin:/bin', GRIDPASS_NAME: 'x' },
    });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    expect([await new Promise((resolve) => child.once('close', resolve)), err]).toEqual([0, '']);
  });

  it.each([
    ['a key that nothing reads', [], { GRIDPASS_NAME: 'x', GRIDPASS_NAMES: 'y' }, 'CONFIG_UNKNOWN_KEY'],
    ['a value that is missing', ['--check-config'], {}, 'CONFIG_INVALID'],
    ['an option it does not know', ['--verbose'], {}, 'CONFIG_INVALID'],
    ['a file that is not there', ['--config', '/nowhere/x.json'], {}, 'CONFIG_INVALID'],
  ] as const)('ends with 1 and the code as its first word for %s', async (_what, args, env, code) => {
    const ended = await run(args, env);
    expect([ended.code, ended.out, ended.err.split(':')[0]]).toEqual([1, '', code]);
  });

  it('closes once at a signal, however many come', async () => {
    let sent = false;
    const ended = await run([], { GRIDPASS_NAME: 'x' }, (child, text) => {
      if (sent || !text.includes('running x')) return;
      sent = true;
      // Held meanwhile, so that both are there when it goes on: a busy machine may else be done with the first before the second comes.
      for (const signal of ['SIGSTOP', 'SIGTERM', 'SIGINT', 'SIGCONT'] as const) child.kill(signal);
    });
    expect(ended).toEqual({ code: 0, out: 'running x\nclosed\n', err: '' });
  });

  it('reads again at each SIGHUP where it has what to read, and ends at SIGTERM', async () => {
    let sent = 0;
    const ended = await run([], { GRIDPASS_NAME: 'x', GRIDPASS_RELOADS: 'true' }, (child, text) => {
      const [running, again] = [text.includes('running x'), text.split('read again').length - 1];
      if (!running || again !== sent) return;
      sent += 1;
      child.kill(sent > 2 ? 'SIGTERM' : 'SIGHUP');
    });
    expect(ended).toEqual({ code: 0, out: 'running x\nread again\nread again\nclosed\n', err: '' });
  });

  it('reads again once it runs what SIGHUP asked for during the start, however often', async () => {
    let [begun, asked] = [false, false];
    const env = { GRIDPASS_NAME: 'x', GRIDPASS_RELOADS: 'true', GRIDPASS_STARTS_SLOWLY: 'true' };
    const ended = await run([], env, (child, text) => {
      if (!asked && text.includes('read again')) asked = child.kill('SIGTERM');
      if (begun || !text.includes('starting')) return;
      begun = true;
      void (async () => {
        // Apart, since signals that wait together are one.
        for (let sent = 0; sent < 3; sent += 1) {
          child.kill('SIGHUP');
          await sleep(100);
        }
        child.stdin?.end();
      })();
    });
    // One of the three may come only when it runs, on a busy machine.
    expect(ended).toEqual({ code: 0, out: expect.stringMatching(/^starting\nrunning x\n(?:read again\n)+closed\n$/u), err: '' });
  });

  it('ends at SIGHUP where it has nothing to read again', async () => {
    let sent = false;
    const ended = await run([], { GRIDPASS_NAME: 'x' }, (child, text) => {
      if (sent || !text.includes('running x')) return;
      sent = true;
      child.kill('SIGHUP');
    });
    expect(ended).toEqual({ code: 0, out: 'running x\nclosed\n', err: '' });
  });

  it('closes what it opened when its start fails midway, and ends', async () => {
    const ended = await run([], { GRIDPASS_NAME: 'x', GRIDPASS_FAILS: 'true' });
    expect(ended).toEqual({ code: 1, out: 'closed\n', err: 'PORT_BUSY: the port is taken\n' });
  });

  it('closes by itself when it is done', async () => {
    expect(await run([], { GRIDPASS_NAME: 'x', GRIDPASS_ENDS: 'true' })).toEqual({ code: 0, out: 'running x\nclosed\n', err: '' });
  });
});
