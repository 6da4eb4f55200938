import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { instant, type RequestId } from '@gridpass/core';
import { createTestEngine } from '@gridpass/testkit';
import { openProgram, type Program, type ProgramSettings } from '../open-program.js';

/** One database and one directory for the starts of a describe, made before its tests and removed after them. */
export function createLogRig() {
  let directory: string;
  let engine: Awaited<ReturnType<typeof createTestEngine>>;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridpass-log-'));
    engine = await createTestEngine();
  });
  afterAll(() => rm(directory, { recursive: true }));
  const told: string[] = [];
  /** A path in the directory; checkpoints lie in `checkpoints`. */
  const at = (...names: readonly string[]): string => join(directory, ...names);
  const start = (checkpointDirectory: string = at('checkpoints'), more: Pick<ProgramSettings, 'tell'> = {}): Promise<Program> =>
    openProgram({
      tell: ({ tenant: of, detail }) => told.push(`log of ${of}: ${detail}`),
      ...more,
      database: { kind: 'pglite', engine },
      keks: [{ id: 'k1', bytes: new Uint8Array(32).fill(7) }],
      checkpointDirectory,
      chains: [],
      fetch: { allow: [], allowPrivate: false },
    });
  return { at, start, told };
}

/** A record of an act. */
export const act = (action: string, credentials: readonly string[] = []) => ({
  kind: 'act' as const,
  requestId: action as RequestId,
  at: instant(1),
  action,
  reasons: [],
  evidence: { credentials: [...credentials] },
});
