// Makes what tests begin stores from, before any test runs: two workers that both need it would make it twice.
import { createTestEngine, seedStoreDirectory } from '@gridpass/testkit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const parent = await mkdtemp(join(tmpdir(), 'gridpass-prepare-'));
const engine = await createTestEngine();
await engine.close();
await seedStoreDirectory(join(parent, 'store'));
await rm(parent, { recursive: true });
