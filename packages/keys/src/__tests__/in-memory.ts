import { ok, refuse } from '@gridpass/core';
import type { KeyPosition, KeyRepository, StoredKey } from '@gridpass/core';

/** Sealed keys in a map that a test can look into and change. */
export function inMemory(): KeyRepository & { readonly rows: Map<string, StoredKey> } {
  const rows = new Map<string, StoredKey>();
  const at = ({ tenant, namespace, keyId }: KeyPosition): string => `${tenant}/${namespace}/${keyId}`;
  const behind = (after: KeyPosition, count: number, wanted: (row: StoredKey) => boolean): readonly StoredKey[] =>
    [...rows.values()]
      .filter((row) => wanted(row) && at(row) > at(after))
      .sort((a, b) => (at(a) < at(b) ? -1 : 1))
      .slice(0, count);
  return {
    rows,
    insertKey: async (key) => {
      if (rows.has(at(key))) return refuse('CONFLICT', 'store', 'key');
      rows.set(at(key), key);
      return ok(true);
    },
    readKey: async (name) => rows.get(at(name)),
    listKeys: async (tenant, namespace) => [...rows.values()].filter((row) => row.tenant === tenant && row.namespace === namespace),
    deleteKey: async (name) => rows.delete(at(name)),
    listKeysNotUnder: async (kekId, after, count) => behind(after, count, (row) => row.kekId !== kekId),
    sampleKeysOfEachKek: async (count) =>
      [...new Set([...rows.values()].map(({ kekId }) => kekId))]
        .sort()
        .flatMap((kekId) => behind({ tenant: '', namespace: '', keyId: '' }, count, (row) => row.kekId === kekId)),
    listKeysSealedWithoutNamespace: async (kekIds, after, count) =>
      behind(after, count, (row) => row.sealVersion === 1 && kekIds.includes(row.kekId)),
    replaceSeals: async (before, after) => {
      const row = rows.get(at(before));
      if (row === undefined || row.wrappedDataKey !== before.wrappedDataKey) return false;
      rows.set(at(before), { ...row, ...after });
      return true;
    },
  };
}
