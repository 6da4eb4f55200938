import { z } from 'zod';
import { toEnvName } from './names.js';
import { layersOf, shapeOf } from './shape.js';

/** One key a program reads. */
export interface ConfigKey {
  /** With dots between levels; `[]` after a list and `.*` after a table with names of the operator's own. */
  readonly key: string;
  /** The variable that sets it; of a key inside a list or a table, the variable that sets all of that, as JSON. */
  readonly env: string;
  /** Whether it is inside a list or a table. */
  readonly inside: boolean;
  readonly required: boolean;
  /** A key further out that may be left out: this one is needed where that one is given. */
  readonly requiredWith?: string;
  /** What counts where the key is left out, as JSON. */
  readonly default?: string;
  /** The `describe` text of the schema. */
  readonly says: string;
  /** What a number counts, as the end of the key tells it: `seconds`, `milliseconds`, `bytes`, `days`. */
  readonly unit?: string;
  /** Whether the value is a number. */
  readonly isNumber: boolean;
}

/** Every key that a configuration may have, in the order of the schema, for `--help` and READMEs. */
export function describeConfig(schema: z.ZodType, envPrefix = 'GRIDPASS_'): readonly ConfigKey[] {
  return list([schema], { path: [], key: '', prefix: envPrefix, given: undefined, within: undefined, inside: false });
}

interface Place {
  /** Of the variable. */
  readonly path: readonly string[];
  readonly key: string;
  readonly prefix: string;
  /** What stands here where nobody says anything: the default of a key further out. */
  readonly given: unknown;
  readonly within: string | undefined;
  readonly inside: boolean;
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/Seconds$/, 'seconds'],
  [/Ms$/, 'milliseconds'],
  [/Bytes$/, 'bytes'],
  [/Days$/, 'days'],
  [/Gwei$/, 'gwei'],
];

function list(schemas: readonly z.core.$ZodType[], place: Place): readonly ConfigKey[] {
  const { path, key, prefix } = place;
  const given = place.given ?? defaultOf(schemas);
  const mayBeAbsent = schemas.some((schema) => z.safeParse(schema, undefined).success);
  const shape = shapeOf(schemas);
  if (shape.kind === 'object') {
    const within = key !== '' && mayBeAbsent && given === undefined ? key : place.within;
    return [...shape.keys].flatMap(([name, members]) =>
      list(members, {
        ...place,
        path: place.inside ? path : [...path, name],
        key: key === '' ? name : `${key}.${name}`,
        given: memberOf(given, name),
        within,
      }),
    );
  }
  const required = !mayBeAbsent && given === undefined;
  const unit = UNITS.find(([end]) => end.test(key))?.[1];
  const own: ConfigKey = {
    key,
    env: toEnvName(prefix, path),
    inside: place.inside,
    required,
    ...(required && place.within !== undefined ? { requiredWith: place.within } : {}),
    ...(given === undefined ? {} : { default: JSON.stringify(given) }),
    says: textOf(schemas),
    ...(unit === undefined ? {} : { unit }),
    isNumber: schemas.flatMap(layersOf).some(({ _zod: { def } }) => def.type === 'number'),
  };
  if (shape.kind === 'leaf') return [own];
  const items = shapeOf([shape.item]).kind === 'object' ? [shape.item] : [];
  const inside = { ...place, key: `${key}${shape.kind === 'list' ? '[]' : '.*'}`, given: undefined, within: undefined, inside: true };
  return [own, ...items.flatMap((item) => list([item], inside))];
}

/** The first description of a schema or of what it wraps. */
function textOf(schemas: readonly z.core.$ZodType[]): string {
  const texts = schemas.flatMap(layersOf).map((schema) => z.globalRegistry.get(schema)?.description);
  return texts.find((text) => text !== undefined) ?? '';
}

function defaultOf(schemas: readonly z.core.$ZodType[]): unknown {
  for (const schema of schemas) {
    const parsed = z.safeParse(schema, undefined);
    if (parsed.success && parsed.data !== undefined) return parsed.data;
  }
  return undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
