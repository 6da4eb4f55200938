import type { ListAge, SeenStatusLists } from '@gridpass/core';

/** Whether `a` is at least as new as `b`: by the time it was signed, then by its version; a version never goes back. */
export const isAtLeast = (a: ListAge, b: ListAge): boolean =>
  a.version >= b.version && (a.issuedAt > b.issuedAt || (a.issuedAt === b.issuedAt && a.version >= b.version));

/** What was seen of lists, for a check that lives no longer than this process. A program keeps it in its store. */
export function createForgetfulSeenLists(): SeenStatusLists {
  const newest = new Map<string, ListAge>();
  return {
    noteSeen: ({ kind, issuer, uri, age }) => {
      const key = `${kind} ${issuer} ${uri}`;
      const before = newest.get(key);
      if (before === undefined || isAtLeast(age, before)) newest.set(key, age);
      return Promise.resolve(newest.get(key) ?? age);
    },
  };
}
