import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import type { AuditLog } from '@gridpass/audit';
import { Fault, type TenantId } from '@gridpass/core';
import type { ProgramEvent } from './program-event.js';
import { startRepeating, type Repeating } from './repeat.js';

interface EntryCheckParts {
  readonly log: Pick<AuditLog, 'checkEntries'>;
  readonly tenant: TenantId;
  readonly tell: (event: ProgramEvent) => void;
}

/** When it begins. After each fault it waits twice as long as before, up to the most. */
const AFTER_SECONDS = 2;
const MOST_SECONDS = 300;
/** After each page: what is asked meanwhile goes first. */
const PAUSE_MS = 10;

/**
 * Reads the whole log once after a start, beside everything else. Entries from before the last checkpoint are not read at the start,
 * which must not last minutes; one that does not match is told, and the log has given itself up by then: nothing is signed any more.
 */
export function startEntryCheck({ log, tenant, tell }: EntryCheckParts): Repeating {
  let stopped = false;
  let seconds = AFTER_SECONDS;
  let reached: Parameters<EntryCheckParts['log']['checkEntries']>[2];
  const goOn: Parameters<EntryCheckParts['log']['checkEntries']>[1] = async (head) => {
    // A page was read: what breaks off now goes on after it, and the store answers again.
    reached = head;
    seconds = AFTER_SECONDS;
    await sleep(PAUSE_MS);
    return !stopped;
  };
  const check = async (): Promise<'done'> => {
    const checked = await log.checkEntries(tenant, goOn, reached);
    if (!checked.ok) tell({ kind: 'fault', code: 'AUDIT_UNAVAILABLE', tenant, detail: `the log is given up: ${checked.refusal.detail}` });
    return 'done';
  };
  const checking = startRepeating(
    () => seconds,
    check,
    (error) => {
      seconds = Math.min(2 * seconds, MOST_SECONDS);
      const code = error instanceof Fault ? error.code : 'INTERNAL';
      tell({ kind: 'fault', code, tenant, detail: `the entries of the log are not checked yet${classOf(error)}` });
    },
  );
  return {
    stop: () => {
      stopped = true;
      return checking.stop();
    },
  };
}

/** The class of an error that nobody named. Its message may hold what no log may. */
function classOf(error: unknown): string {
  if (error instanceof Fault) return '';
  return `: ${types.isNativeError(error) ? error.name : 'unknown'}`;
}
