import type { CheckpointKeeper, KeptCheckpoint, TenantId } from '@gridpass/core';

/** Keeps checkpoints for as long as this process lives: no log is known again after a restart. A program keeps them in files. */
export function createForgetfulCheckpoints(): CheckpointKeeper & { readonly evidence: readonly string[] } {
  const kept = new Map<TenantId, Map<number, string>>();
  const evidence: string[] = [];
  const givenUp = new Map<TenantId, string>();
  const notesOf = (tenant: TenantId): Map<number, string> => {
    const notes = kept.get(tenant) ?? new Map<number, string>();
    kept.set(tenant, notes);
    return notes;
  };
  return {
    evidence,
    readLast: (tenant) => {
      const last = [...notesOf(tenant)].reduce<KeptCheckpoint | undefined>(
        (most, [size, note]) => (most === undefined || size > most.size ? { size, note } : most),
        undefined,
      );
      return Promise.resolve(last);
    },
    keepCheckpoint: (tenant, { size, note }) => {
      const notes = notesOf(tenant);
      if (!notes.has(size)) notes.set(size, note);
      return Promise.resolve(notes.get(size) ?? note);
    },
    readGivenUp: (tenant) => Promise.resolve(givenUp.get(tenant)),
    keepGivenUp: (tenant, reason) => {
      if (!givenUp.has(tenant)) givenUp.set(tenant, reason);
      return Promise.resolve();
    },
    setAside: (tenant) => {
      kept.delete(tenant);
      givenUp.delete(tenant);
      return Promise.resolve();
    },
    keepEvidence: (_tenant, _size, proof) => {
      evidence.push(proof);
      return Promise.resolve();
    },
  };
}
