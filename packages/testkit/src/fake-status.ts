import { Fault, instant, ok, refuse, type Outcome, type StatusEvidence, type StatusPort, type StatusReference } from '@gridpass/core';

/** A status port over marks that a test sets; everything unmarked stands. */
export interface FakeStatus extends StatusPort {
  mark(references: readonly StatusReference[], as: 'revoked' | 'suspended' | 'valid'): void;
  /** From now on every check throws this fault, until called with undefined. */
  fail(code: 'STATUS_UNAVAILABLE' | 'STATUS_STALE' | undefined): void;
}

/** Creates a status port under which everything stands. */
export function createFakeStatus(): FakeStatus {
  const marks = new Map<string, 'revoked' | 'suspended'>();
  const keyOf = (reference: StatusReference): string => `${reference.uri}#${String(reference.index)}`;
  let fault: 'STATUS_UNAVAILABLE' | 'STATUS_STALE' | undefined;
  return {
    mark: (references, as) => {
      for (const reference of references) {
        if (as === 'valid') marks.delete(keyOf(reference));
        else marks.set(keyOf(reference), as);
      }
    },
    fail: (code) => {
      fault = code;
    },
    checkStatus: async ({ references, at }): Promise<Outcome<readonly StatusEvidence[]>> => {
      if (fault !== undefined) throw new Fault(fault, 'as the test asked');
      if (references.length === 0) return refuse('STATUS_MISSING', 'current', 'no reference');
      for (const reference of references) {
        const mark = marks.get(keyOf(reference));
        if (mark === 'revoked') return refuse('REVOKED', 'current', 'marked');
        if (mark === 'suspended') return refuse('SUSPENDED', 'current', 'marked');
      }
      return ok(references.map(({ uri }) => ({ uri, listIssuedAt: at, goodUntil: instant(at + 300) })));
    },
  };
}
