import { z } from 'zod';
import { toEnvName } from './names.js';
import { shapeOf } from './shape.js';

/** One key a program reads. */
export interface ConfigKey {
  readonly key: string;
  readonly env: string;
  readonly required: boolean;
  /** The `describe` text of the schema. */
  readonly says: string;
}

/** Every key that a configuration may have, in the order of the schema, for `--check-config` and READMEs. */
export function describeConfig(schema: z.ZodType, envPrefix = 'GRIDPASS_'): readonly ConfigKey[] {
  return list([schema], [], envPrefix);
}

function list(schemas: readonly z.core.$ZodType[], path: readonly string[], prefix: string): readonly ConfigKey[] {
  const shape = shapeOf(schemas);
  if (shape.kind === 'object') return [...shape.keys].flatMap(([key, members]) => list(members, [...path, key], prefix));
  const required = !schemas.some((schema) => z.safeParse(schema, undefined).success);
  const says = schemas.map((schema) => z.globalRegistry.get(schema)?.description).find((text) => text !== undefined) ?? '';
  return [{ key: path.join('.'), env: toEnvName(prefix, path), required, says }];
}
