import { InputError } from '@gridpass/core';
import type { z } from 'zod';
import { nearestName } from './names.js';
import { shapeOf } from './shape.js';

/**
 * Throws CONFIG_UNKNOWN_KEY at the first key that the schema does not know, also where an object of the schema was
 * not declared strict.
 */
export function assertKnownKeys(value: unknown, schemas: readonly z.core.$ZodType[], path: readonly string[] = []): void {
  if (typeof value !== 'object' || value === null) return;
  const shape = shapeOf(schemas);
  switch (shape.kind) {
    case 'object':
      for (const [key, member] of Object.entries(value)) {
        const known = shape.keys.get(key);
        if (known === undefined) throw unknownKey([...path, key].join('.'), key, [...shape.keys.keys()]);
        assertKnownKeys(member, known, [...path, key]);
      }
      return;
    case 'record':
    case 'list':
      for (const [key, member] of Object.entries(value)) assertKnownKeys(member, [shape.item], [...path, key]);
      return;
    case 'leaf':
  }
}

/** The error for a key that nothing reads: names it, and the nearest known one or all there are. */
export function unknownKey(shown: string, name: string, known: readonly string[]): InputError {
  const nearest = nearestName(name, known);
  const advice = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean ${nearest}?`;
  return new InputError('CONFIG_UNKNOWN_KEY', `the configuration key ${shown} is not known; ${advice}`);
}
