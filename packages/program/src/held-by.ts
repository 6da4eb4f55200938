import { InputError } from '@gridpass/core';
import type { z } from 'zod';

/**
 * Holds a value of a configuration against the rule that the start holds it against, so that what `--check-config` accepts starts:
 * the rule throws InputError, and its message is told under the key. For `check` of a schema.
 */
export function heldBy<T>(rule: (value: T) => void): (payload: z.core.ParsePayload<T>) => void {
  return ({ value, issues }) => {
    try {
      rule(value);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      issues.push({ code: 'custom', message: error.message, input: value });
    }
  };
}

/** Holds that no two members of a list have the same name. */
export function named<K extends string>(key: K): (payload: z.core.ParsePayload<readonly Readonly<Record<K, string | number>>[]>) => void {
  return heldBy((members) => {
    const names = members.map((member) => member[key]);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw new InputError('CONFIG_INVALID', `${key} ${twice} is there twice`);
  });
}
