/** A map that forgets its oldest entries beyond `capacity`; for caches whose loss costs time and never safety. */
export interface BoundedMap<V> {
  read(key: string): V | undefined;
  keep(key: string, value: V): void;
  forget(key: string): void;
}

/** Makes an empty bounded map. */
export function createBoundedMap<V>(capacity: number): BoundedMap<V> {
  const entries = new Map<string, V>();
  return {
    read: (key) => entries.get(key),
    keep(key, value) {
      entries.delete(key);
      entries.set(key, value);
      const [oldest] = entries.size > capacity ? entries.keys() : [];
      if (oldest !== undefined) entries.delete(oldest);
    },
    forget(key) {
      entries.delete(key);
    },
  };
}
