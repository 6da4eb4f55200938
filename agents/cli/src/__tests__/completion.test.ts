import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { completionFor } from '../completion.js';
import { leavesOf, pathOf } from '../help.js';
import { table } from './command-lines.js';

/** What bash offers for the last of the words. */
function offered(...words: readonly string[]): readonly string[] {
  const list = ['gridpass', ...words].map((word) => `'${word}'`).join(' ');
  const script = `${completionFor('bash', TABLE)}
COMP_WORDS=(${list}); COMP_CWORD=${String(words.length)}; _gridpass; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8', cwd: import.meta.dirname });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

const TABLE = await table();

describe('completion', () => {
  it('of bash offers commands, options and the values of options', () => {
    expect(offered('cre')).toEqual(['credential']);
    expect(offered('credential', 're')).toEqual(['revoke', 'resume', 'renew']);
    expect(offered('credential', 'list', '--st')).toEqual(['--state']);
    expect(offered('credential', 'list', '--state', '')).toEqual(['all', 'active', 'expiring', 'suspended', 'revoked']);
    expect(offered('credential', 'list', '-o', 'j')).toEqual(['json']);
    expect(offered('did', 'transfer', 'ca')).toEqual(['cancel']);
    expect(offered('completion', 'z')).toEqual(['zsh']);
    expect(offered('audit', 'verify', '--key', 'completion')).toEqual(['completion.test.ts']);
  });

  it.each(['zsh', 'fish'] as const)('of %s names every command', (shell) => {
    const script = completionFor(shell, TABLE);
    for (const leaf of leavesOf(TABLE)) expect(script).toContain(`'${pathOf(leaf).replace('gridpass ', '')}'`);
  });
});
