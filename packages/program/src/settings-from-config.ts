import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { originsOf } from './chain-config.js';
import { readKeyFiles } from './key-files.js';
import type { ProgramSettings } from './open-program.js';
import type { programConfig } from './program-config.js';
import { PROGRAM_TENANT } from './tenant-dids.js';

type Configured = {
  readonly [K in 'database' | 'keyEncryptionKeys' | 'chains' | 'fetch']: z.infer<(typeof programConfig)[K]>;
} & { readonly checkpointDirectory?: string | undefined };

/**
 * What `openProgram` is opened with, from the keys every configuration has. Nodes that are named are nodes that may be asked:
 * their origins need not stand in `fetch.allow` too. Throws InputError CONFIG_INVALID for a key file that is none.
 */
export function settingsFromConfig({ database, keyEncryptionKeys, chains, fetch, checkpointDirectory }: Configured): ProgramSettings {
  return {
    database,
    keks: readKeyFiles(keyEncryptionKeys),
    checkpointDirectory: checkpointDirectory ?? join(dirname(keyEncryptionKeys[0]?.file ?? ''), 'checkpoints'),
    chains,
    indexTenant: PROGRAM_TENANT,
    fetch: { ...fetch, allow: [...new Set([...fetch.allow, ...originsOf(chains)])] },
  };
}
