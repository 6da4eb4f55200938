import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { tenantId } from '@gridpass/core';
import { createCheckpointFiles } from '../checkpoint-files.js';
import { ensureKeyFile } from '../key-files.js';
import { keepLostChanges } from '../lost-changes.js';
import { makeWhole, replaceWhole } from '../whole-file.js';

describe('a file that is there whole or not at all', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-whole-'));
  });
  afterAll(() => rm(directory, { recursive: true }));
  afterEach(() => void jest.restoreAllMocks());

  /** What is brought to the disk from now on, in its order. */
  async function hearSyncs(): Promise<readonly string[]> {
    const handle = await open(directory);
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const { sync } = prototype;
    const heard: string[] = [];
    jest.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
      heard.push((await this.stat()).isDirectory() ? 'directory' : 'file');
      return sync.call(this);
    });
    return heard;
  }

  const tenant = tenantId('dso');
  const changes = { revoked: [], revokedCopies: [], suspended: [], held: [], closed: [], rejected: [], withdrawn: [] };
  it.each<[string, (directory: string) => Promise<unknown>]>([
    ['a checkpoint', (place) => createCheckpointFiles(place).keepCheckpoint(tenant, { size: 1, note: 'note' })],
    ['the mark of a log that was given up', (place) => createCheckpointFiles(place).keepGivenUp(tenant, 'reason')],
    ['evidence of a split view', (place) => createCheckpointFiles(place).keepEvidence(tenant, 1, '{}')],
    ['what is to be done again', (place) => keepLostChanges(place, tenant, changes)],
    ['a key', (place) => ensureKeyFile(join(place, 'kek'))],
  ])('is on the disk with its name once it is kept: %s', async (what, keep) => {
    const heard = await hearSyncs();
    await keep(join(directory, what.replaceAll(' ', '-')));
    expect(heard).toEqual(['file', 'directory']);
  });

  it('is made once, for its owner alone, and replaced where that is asked for; no draft is left', async () => {
    const file = join(directory, 'once', 'file');
    expect(await makeWhole(file, 'a')).toBe(true);
    expect(await makeWhole(file, 'b')).toBe(false);
    expect(await readFile(file, 'utf8')).toBe('a');
    await replaceWhole(file, 'c');
    expect(await readFile(file, 'utf8')).toBe('c');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, 'once'))).toEqual(['file']);
  });
});
