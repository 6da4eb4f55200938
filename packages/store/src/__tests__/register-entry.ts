import type { Digest, RegisterEntry } from '@gridpass/core';

/** A party of that code, with the code as its digest. */
export function entryOf(value: string): { entry: RegisterEntry; digest: Digest } {
  return {
    entry: {
      ...{ code: { scheme: 'eic', value }, kind: 'party', displayName: value, longName: value, status: 'active', country: 'DK' },
      ...{ responsibleParty: '', functions: [], roleCodes: [] },
    },
    digest: value as Digest,
  };
}
