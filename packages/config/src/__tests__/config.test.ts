import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InputError } from '@gridpass/core';
import { z } from 'zod';
import { describeConfig, readConfig } from '../index.js';

const schema = z.strictObject({
  publicOrigin: z.url().describe('where clients reach this program'),
  port: z.int().min(1).max(65535).default(8080),
  secret: z.string().min(8).optional(),
  tags: z.array(z.string()).default([]),
  store: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('postgres'), url: z.string(), maxConnections: z.int().optional() }),
      z.strictObject({ kind: z.literal('pglite'), directory: z.string().optional() }),
    ])
    .default({ kind: 'pglite' }),
  policies: z.record(z.string(), z.strictObject({ file: z.string() })).default({}),
  loose: z.object({ limit: z.int().optional() }).optional(),
});

let folder: string;
const fileOf = (text: string): string => {
  const file = join(folder, 'config.json');
  writeFileSync(file, text);
  return file;
};
const read = (
  options: { file?: string; env?: Record<string, string | undefined>; overrides?: Record<string, unknown>; otherEnv?: string[] } = {},
): z.infer<typeof schema> => readConfig({ schema, env: {}, envPrefix: 'GRIDPASS_', ...options });
const failure = (options: Parameters<typeof read>[0]): InputError => {
  try {
    read(options);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gridpass-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a rule that names its key itself', () => {
  const saying = (message: string) => z.strictObject({ store: z.strictObject({ url: z.string().refine(() => false, message) }) });
  it.each([
    ['url: no address', 'store.url: no address (in'],
    ['store.url: no address', 'store.url: no address (in'],
    ['no address', 'store.url: no address (in'],
    ['curl: no address', 'store.url: curl: no address (in'],
    ['url:no address', 'store.url: url:no address (in'],
  ])('has it named once: %j', (message, line) => {
    const overrides = { store: { url: 'x' } };
    expect(() => readConfig({ schema: saying(message), env: {}, envPrefix: 'GRIDPASS_', overrides })).toThrow(`\n  ${line}`);
  });
});

describe('readConfig', () => {
  it('lets the environment win over the file and the command line over both', () => {
    const file = fileOf('{"publicOrigin":"https://file.example","port":1,"tags":["a"],"store":{"kind":"postgres","url":"u"}}');
    expect(read({ file })).toEqual({
      publicOrigin: 'https://file.example',
      port: 1,
      tags: ['a'],
      store: { kind: 'postgres', url: 'u' },
      policies: {},
    });
    expect(
      read({
        file,
        env: { GRIDPASS_PORT: '2', GRIDPASS_STORE__MAX_CONNECTIONS: '7', OTHER: 'x' },
        overrides: { port: 3, tags: undefined },
      }),
    ).toMatchObject({
      port: 3,
      tags: ['a'],
      store: { kind: 'postgres', url: 'u', maxConnections: 7 },
    });
  });

  it('reads environment texts as the schema wants them', () => {
    const env = {
      GRIDPASS_PUBLIC_ORIGIN: 'https://env.example',
      GRIDPASS_SECRET: '1234567890',
      GRIDPASS_TAGS: '["x","y"]',
      GRIDPASS_POLICIES: '{"local":{"file":"f"}}',
      GRIDPASS_PORT: undefined,
    };
    expect(read({ env })).toMatchObject({
      publicOrigin: 'https://env.example',
      secret: '1234567890',
      tags: ['x', 'y'],
      policies: { local: { file: 'f' } },
    });
  });

  it('finds its file through the environment', () => {
    const file = fileOf('{"publicOrigin":"https://file.example"}');
    expect(read({ env: { GRIDPASS_CONFIG: file } }).publicOrigin).toBe('https://file.example');
  });

  it('freezes everything', () => {
    const config = read({ overrides: { publicOrigin: 'https://a.example', tags: ['a'] } });
    expect([config, config.tags, config.store].every(Object.isFrozen)).toBe(true);
  });

  it.each([
    ['{"publicOrigim":"https://a.example"}', 'publicOrigim', 'did you mean publicOrigin?'],
    ['{"store":{"kind":"pglite","directry":"d"}}', 'store.directry', 'did you mean directory?'],
    ['{"policies":{"local":{"fiel":"f"}}}', 'policies.local.fiel', 'did you mean file?'],
    ['{"loose":{"limits":1}}', 'loose.limits', 'did you mean limit?'],
    ['{"completelyElse":1}', 'completelyElse', 'known here: publicOrigin, port'],
  ])('refuses the unknown key in %s', (text, key, advice) => {
    const error = failure({ file: fileOf(text) });
    expect(error.code).toBe('CONFIG_UNKNOWN_KEY');
    expect(error.message).toContain(key);
    expect(error.message).toContain(advice);
  });

  it('refuses a key of the other kind of store', () => {
    expect(failure({ overrides: { publicOrigin: 'https://a.example', store: { kind: 'pglite', url: 'u' } } })).toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      message: expect.stringContaining('store.url'),
    });
  });

  it('refuses an unknown variable, unless something else reads it', () => {
    const env = { GRIDPASS_PUBLIC_ORIGIN: 'https://a.example', GRIDPASS_PROT: '1' };
    expect(failure({ env })).toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      message: expect.stringMatching(/GRIDPASS_PROT .*did you mean PORT\?/),
    });
    expect(failure({ env: { GRIDPASS_PORT__X: '1' } }).code).toBe('CONFIG_UNKNOWN_KEY');
    expect(read({ env, otherEnv: ['GRIDPASS_PROT'] }).port).toBe(8080);
  });

  it('names every bad key, its variable and no value', () => {
    const error = failure({ env: { GRIDPASS_SECRET: 'hush', GRIDPASS_PORT: '99999', GRIDPASS_TAGS: 'plain' } });
    expect(error.code).toBe('CONFIG_INVALID');
    for (const name of ['GRIDPASS_SECRET', 'GRIDPASS_PORT', 'GRIDPASS_TAGS', 'GRIDPASS_PUBLIC_ORIGIN'])
      expect(error.message).toContain(name);
    expect(error.message).not.toMatch(/hush|99999|plain/);
  });

  it('refuses a variable that is broken JSON', () => {
    expect(failure({ env: { GRIDPASS_TAGS: '["a"' } })).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('GRIDPASS_TAGS'),
    });
  });

  it.each([
    ['{"port":1,"port":2}', 'duplicate'],
    ['[]', 'no object'],
    ['{', 'not acceptable'],
  ])('refuses the file %s', (text, reason) => {
    expect(failure({ file: fileOf(text) })).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(reason) });
  });

  it('reads lists of objects, optional and piped values by their inside', () => {
    const nested = z.strictObject({
      items: z
        .array(z.strictObject({ a: z.int().nullable() }))
        .readonly()
        .optional(),
      piped: z
        .strictObject({ b: z.string() })
        .transform((value) => value.b)
        .catch('none'),
    });
    const base = { schema: nested, env: {}, envPrefix: 'GRIDPASS_' } as const;
    expect(readConfig({ ...base, overrides: { items: [{ a: null }], piped: { b: 'x' } } })).toEqual({ items: [{ a: null }], piped: 'x' });
    expect(() => readConfig({ ...base, overrides: { items: [{ c: 1 }] } })).toThrow('items.0.c');
    expect(() => readConfig({ ...base, overrides: { piped: { c: 1 } } })).toThrow('piped.c');
    expect(readConfig({ ...base, overrides: { piped: null } })).toEqual({ piped: 'none' });
  });

  it('refuses a file that is not there', () => {
    expect(failure({ file: join(folder, 'none.json') })).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('reports what concerns the whole', () => {
    const whole = z.strictObject({ a: z.int() }).refine((value) => value.a > 1, 'a has to exceed b');
    expect(() => readConfig({ schema: whole, env: {}, envPrefix: 'GRIDPASS_', overrides: { a: 1 } })).toThrow('a has to exceed b');
    expect(() => readConfig({ schema: whole, env: {}, envPrefix: 'GRIDPASS_', overrides: { a: 1, b: 1 } })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNKNOWN_KEY' }),
    );
  });
});

describe('describeConfig', () => {
  const keys = describeConfig(schema);
  const of = (name: string) => keys.find(({ key }) => key === name);

  it('lists keys, variables and what is required', () => {
    expect(keys[0]).toEqual({
      key: 'publicOrigin',
      env: 'GRIDPASS_PUBLIC_ORIGIN',
      inside: false,
      required: true,
      isNumber: false,
      says: 'where clients reach this program',
    });
    expect(keys.map(({ env }) => env)).toEqual(
      expect.arrayContaining(['GRIDPASS_STORE__KIND', 'GRIDPASS_STORE__URL', 'GRIDPASS_STORE__DIRECTORY', 'GRIDPASS_POLICIES']),
    );
    expect(of('port')).toMatchObject({ required: false, default: '8080', isNumber: true });
    expect(of('secret')).not.toHaveProperty('default');
  });

  it('lists what a default further out leaves to nobody, and what is needed once something is given', () => {
    const nested = z.strictObject({
      rate: z.strictObject({ burst: z.int(), perMinute: z.int().default(7) }).default({ burst: 5, perMinute: 6 }),
      relayer: z.strictObject({ waitSeconds: z.int() }).optional(),
    });
    const [burst, perMinute, wait] = describeConfig(nested);
    expect([burst, perMinute]).toMatchObject([
      { required: false, default: '5' },
      { required: false, default: '6' },
    ]);
    expect(wait).toMatchObject({ required: true, requiredWith: 'relayer', unit: 'seconds' });
    expect(wait).not.toHaveProperty('default');
  });

  it('lists what is inside of lists and tables, and finds a description behind a default', () => {
    const listed = z.strictObject({
      chains: z.array(z.strictObject({ depth: z.int().describe('blocks').default(3) })).default([]),
      zones: z.record(z.string(), z.strictObject({ country: z.string() })),
    });
    expect(describeConfig(listed)).toMatchObject([
      { key: 'chains', inside: false, default: '[]' },
      { key: 'chains[].depth', env: 'GRIDPASS_CHAINS', inside: true, default: '3', says: 'blocks' },
      { key: 'zones', required: true },
      { key: 'zones.*.country', env: 'GRIDPASS_ZONES', inside: true, required: true },
    ]);
  });

  it('names a variable that can hold what is wrong: of lists and records the one that holds the whole', () => {
    const told = (file: object): string =>
      failure({ file: fileOf(JSON.stringify({ publicOrigin: 'https://a.example', ...file })) }).message;
    expect(told({ port: 0 })).toContain('or as GRIDPASS_PORT)');
    expect(told({ tags: ['one', 2] })).toContain('tags.1: ');
    expect(told({ tags: ['one', 2] })).toContain('or in GRIDPASS_TAGS)');
    expect(told({ policies: { '10YDK': { file: 1 } } })).toContain('or in GRIDPASS_POLICIES)');
  });
});
