import type { z } from 'zod';

/** What a schema says about the inside of a value. */
export type Shape =
  | { readonly kind: 'object'; readonly keys: ReadonlyMap<string, readonly z.core.$ZodType[]> }
  | { readonly kind: 'record'; readonly item: z.core.$ZodType }
  | { readonly kind: 'list'; readonly item: z.core.$ZodType }
  | { readonly kind: 'leaf' };

const LEAF: Shape = { kind: 'leaf' };

/** Looks through wrappers (optional, default, pipe ...) and joins the members of unions: a key is known if any member knows it. */
export function shapeOf(schemas: readonly z.core.$ZodType[]): Shape {
  const inner = schemas.flatMap(unwrap);
  const keys = new Map<string, z.core.$ZodType[]>();
  let isObject = false;
  for (const schema of inner) {
    const { def } = asKnown(schema);
    if (def.type === 'record') return { kind: 'record', item: def.valueType };
    if (def.type === 'array') return { kind: 'list', item: def.element };
    if (def.type !== 'object') continue;
    isObject = true;
    for (const [key, member] of Object.entries(def.shape)) keys.set(key, [...(keys.get(key) ?? []), member]);
  }
  return isObject ? { kind: 'object', keys } : LEAF;
}

function unwrap(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { def } = asKnown(schema);
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return unwrap(def.innerType);
    case 'pipe':
      return unwrap(def.in);
    case 'union':
      return def.options.flatMap(unwrap);
    default:
      return [schema];
  }
}

/** A schema and everything that it wraps, from the outside in. */
export function layersOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { def } = asKnown(schema);
  const inner = 'innerType' in def ? [def.innerType] : def.type === 'pipe' ? [def.in] : [];
  return [schema, ...inner.flatMap(layersOf)];
}

/** The same schema by the closed union of kinds that zod publishes for introspection. */
function asKnown(schema: z.core.$ZodType): z.core.$ZodTypes['_zod'] {
  return (schema as z.core.$ZodTypes)._zod;
}
