import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from '../postgres.js';
import type { TestPostgres } from '../postgres.js';
import { linesOf, spawnTypeScript } from '../spawn-typescript.js';

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

describe('startPostgres', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  it("is a real server with databases of the test's own", async () => {
    const client = new pg.Client({ connectionString: await server.createDatabase() });
    await client.connect();
    expect((await client.query('select current_database() as name, version() as version')).rows[0]).toMatchObject({
      name: expect.stringMatching(/^t/),
      version: expect.stringMatching(/^PostgreSQL 18/),
    });
    await client.end();
  });

  it('ends when the process that started it is killed', async () => {
    const owner = spawnTypeScript(join(import.meta.dirname, 'postgres-owner.ts'), []);
    const port = Number((await linesOf(owner).next()).value);
    expect(await isOpen(port)).toBe(true);
    owner.kill('SIGKILL');
    while (await isOpen(port))
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
  });
});
