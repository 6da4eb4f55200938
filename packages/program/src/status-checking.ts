import {
  SIGNED_AGE_BOUNDS,
  createStatusChecker,
  type SignedAgeBounds,
  type StatusChecker,
  type StatusCheckerParts,
} from '@gridpass/status';
import { createSeenStatusLists } from '@gridpass/store';
import type { ProgramMeter } from './metrics.js';
import type { Program } from './open-program.js';
import { PROGRAM_TENANT } from './tenant-dids.js';

/** What a program's configuration says of how old status lists may be. */
export interface StatusBounds {
  readonly stalenessBoundSeconds: number;
  /** 300 s for everybody unless given. */
  readonly signedAge?: SignedAgeBounds | undefined;
}

/** The status checker of a program, which remembers in its store what it saw. */
export function openStatusChecker(
  {
    store,
    fetch,
    resolver,
    clock,
    meter,
  }: Pick<Program, 'store' | 'clock'> &
    Pick<StatusCheckerParts, 'fetch' | 'resolver'> & { readonly meter?: Pick<ProgramMeter, 'looked' | 'watchLists'> },
  { stalenessBoundSeconds, signedAge = SIGNED_AGE_BOUNDS }: StatusBounds,
): StatusChecker {
  const checker = createStatusChecker({
    fetch,
    resolver,
    clock,
    stalenessBoundSeconds,
    signedAge,
    ...(meter === undefined ? {} : { meter }),
    seen: createSeenStatusLists(store, PROGRAM_TENANT),
  });
  meter?.watchLists?.(() => checker.remembered());
  return checker;
}
