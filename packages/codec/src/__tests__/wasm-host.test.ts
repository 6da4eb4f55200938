import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { prepareWasmHost } from '../index.js';

const flagsOn = (version: string): readonly string[] => {
  const flags: string[] = [];
  prepareWasmHost(version, (flag) => flags.push(flag));
  return flags;
};

describe('prepareWasmHost', () => {
  it.each(['22.12.0', '22.23.3', '23.11.1'])('keeps V8 of Node %s from inlining calls into WebAssembly', (version) => {
    expect(flagsOn(version)).toEqual(['--no-turbo-inline-js-wasm-calls']);
  });

  it.each(['24.0.0', '24.21.0', '26.12.1', '100.0.0'])('leaves V8 of Node %s as it is', (version) => {
    expect(flagsOn(version)).toEqual([]);
  });

  it.each(['22.11.9', '22.2.0', '21.99.0', '20.20.2', '9.99.0', 'v24.0.0', ''])('refuses Node %s in one sentence', (version) => {
    expect(() => flagsOn(version)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: `Gridpass needs Node 22.12 or newer, and this is ${version}` }),
    );
  });

  it('knows what the package declares to npm', () => {
    const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly engines: unknown };
    expect(engines).toEqual({ node: '>=22.12' });
  });
});
