import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditLog } from '@gridpass/audit';
import { Fault, type TenantId } from '@gridpass/core';
import type { ProgramEvent } from './program-event.js';
import { startRepeating, type Repeating } from './repeat.js';

interface EntryCheckParts {
  readonly log: Pick<AuditLog, 'checkEntries'>;
  readonly tenant: TenantId;
  readonly tell: (event: ProgramEvent) => void;
}

/** When it begins, and how long it waits after a store that did not answer. */
const AFTER_SECONDS = 2;
/** After each page: what is asked meanwhile goes first. */
const PAUSE_MS = 10;

/**
 * Reads the whole log once after a start, beside everything else. Entries from before the last checkpoint are not read at the start,
 * which must not last minutes; one that does not match is told, and the log has given itself up by then: nothing is signed any more.
 */
export function startEntryCheck({ log, tenant, tell }: EntryCheckParts): Repeating {
  let stopped = false;
  const goOn = async (): Promise<boolean> => {
    await sleep(PAUSE_MS);
    return !stopped;
  };
  const check = async (): Promise<'done'> => {
    const checked = await log.checkEntries(tenant, goOn);
    if (!checked.ok) tell({ kind: 'fault', code: 'AUDIT_UNAVAILABLE', tenant, detail: `the log is given up: ${checked.refusal.detail}` });
    return 'done';
  };
  const checking = startRepeating(AFTER_SECONDS, check, (error) =>
    tell({
      kind: 'fault',
      code: error instanceof Fault ? error.code : 'INTERNAL',
      tenant,
      detail: 'the entries of the log are not checked yet',
    }),
  );
  return {
    stop: () => {
      stopped = true;
      return checking.stop();
    },
  };
}
