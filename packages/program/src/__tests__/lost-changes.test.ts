import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { LoggedChanges } from '@gridpass/audit';
import { digestOf } from '@gridpass/codec';
import { tenantId } from '@gridpass/core';
import { keepLostChanges, readLostChanges } from '../lost-changes.js';

const A = digestOf('a');

describe('what a replay left to be done again', () => {
  const tenant = tenantId('dso');

  it('is done by two replicas that found it at once', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gridpass-lost-'));
    await mkdir(join(directory, tenant));
    await writeFile(join(directory, tenant, 'lost-changes.json'), JSON.stringify({ revoked: [A] }));
    const [one, two] = [await readLostChanges(directory, tenant), await readLostChanges(directory, tenant)];
    await one!.done();
    await two!.done();
    expect(await readLostChanges(directory, tenant)).toBeUndefined();
    await rm(directory, { recursive: true });
  });

  it.each([
    ['is cut off', `{"revoked":["${A}"`],
    ['is no object', `["${A}"]`],
    ['has a field that is no list', `{"revoked":"${A}"}`],
    ['has one that is null', '{"closed":null}'],
    ['has an item of another kind', '{"closed":["x",1]}'],
    ['has a hold without its cause', `{"held":[{"digest":"${A}"}]}`],
    ['has a field of a later version', `{"revoked":["${A}"],"merged":["${A}"]}`],
    ['has a text in the place of a digest', '{"revoked":["a"]}'],
  ])('is not passed over in part where it %s', async (_what, text) => {
    const directory = await mkdtemp(join(tmpdir(), 'gridpass-lost-'));
    await mkdir(join(directory, tenant));
    await writeFile(join(directory, tenant, 'lost-changes.json'), text);
    await expect(readLostChanges(directory, tenant)).rejects.toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      message: expect.stringContaining('lay the export there again'),
    });
    await rm(directory, { recursive: true });
  });

  it('is read as it was written, each field of it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gridpass-lost-'));
    await mkdir(join(directory, tenant));
    const changes: LoggedChanges = {
      revoked: [digestOf('a')],
      revokedCopies: [digestOf('b')],
      suspended: [digestOf('c')],
      held: [{ digest: digestOf('d'), cause: 'transfer:1' }],
      closed: ['x'],
      rejected: ['y'],
      withdrawn: ['o'],
    };
    await keepLostChanges(directory, tenant, changes);
    expect(await readLostChanges(directory, tenant)).toEqual({ ...changes, done: expect.any(Function), left: expect.any(Function) });
    await rm(directory, { recursive: true });
  });
});
