import { parseJson } from '@gridpass/codec';
import { InputError } from '@gridpass/core';
import { z } from 'zod';
import { toSegment } from './names.js';
import { shapeOf } from './shape.js';
import { unknownKey } from './unknown-keys.js';

/** One value found in the environment. */
export interface Found {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Reads every variable with the prefix; throws CONFIG_UNKNOWN_KEY on one that names no key, CONFIG_INVALID on one that is no JSON where JSON is due. */
export function readEnvironment(
  schema: z.ZodType,
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
  reserved: ReadonlySet<string>,
): readonly Found[] {
  const found: Found[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(prefix) || text === undefined || reserved.has(name)) continue;
    const { path, schemas } = locate(name, prefix, schema);
    found.push({ path, value: readText(name, text, schemas) });
  }
  return found;
}

function locate(name: string, prefix: string, schema: z.core.$ZodType): { path: string[]; schemas: readonly z.core.$ZodType[] } {
  const path: string[] = [];
  let schemas: readonly z.core.$ZodType[] = [schema];
  for (const segment of name.slice(prefix.length).split('__')) {
    const shape = shapeOf(schemas);
    const keys = shape.kind === 'object' ? [...shape.keys.keys()] : [];
    const key = keys.find((candidate) => toSegment(candidate) === segment);
    const members = shape.kind === 'object' && key !== undefined ? shape.keys.get(key) : undefined;
    if (key === undefined || members === undefined) throw unknownKey(`${name} (environment)`, segment, keys.map(toSegment));
    path.push(key);
    schemas = members;
  }
  return { path, schemas };
}

/** The text itself where the schema takes it, its JSON value where it does not: `8080` is a port, and a password stays text. */
function readText(name: string, text: string, schemas: readonly z.core.$ZodType[]): unknown {
  if (schemas.some((schema) => z.safeParse(schema, text).success)) return text;
  const json = parseJson(text);
  // What is neither is left as text: the schema then says what is wrong, with the rule that was broken.
  if (json.ok) return json.value;
  if (/^\s*[[{]/.test(text))
    throw new InputError('CONFIG_INVALID', `the environment variable ${name} starts like JSON and is not: ${json.refusal.detail}`);
  return text;
}
