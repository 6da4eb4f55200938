import { Fault, InputError, type FaultCode, type JsonObject, type RefusalCode } from '@gridpass/core';
import { toUnexpectedEvent, type GateEvent } from '@gridpass/gate';
import type { Gauges } from './gauges.js';
import type { Running } from './run-main.js';

/** Something that a program reads again at SIGHUP: all of it, or nothing where any of it is wrong. */
export interface Reload {
  /** The key of the configuration that names its files. */
  readonly key: string;
  /** Reads and puts it in force; tells what is in force now. Throws InputError or Fault before anything has changed. */
  take(): Promise<JsonObject> | JsonObject;
  /** Of a certificate: when what is served now ends, in milliseconds. */
  endsAt?(): number;
}

/** The one line that is told of each thing that was read again. */
export type ReloadEvent =
  | { readonly kind: 'reload'; readonly key: string; readonly status: 'taken'; readonly now: JsonObject }
  | {
      readonly kind: 'reload';
      readonly key: string;
      readonly status: 'refused';
      readonly code: FaultCode | RefusalCode;
      readonly detail: string;
    };

/**
 * What `startFromConfig` is told of what SIGHUP reads again; where there is nothing, SIGHUP ends the program. The meter shows when the
 * certificates among it end.
 */
export function reloadOf(
  reloads: readonly Reload[],
  log: (event: ReloadEvent | GateEvent) => void,
  meter?: Partial<Pick<Gauges, 'watchCertificates'>>,
): Pick<Running, 'reload'> {
  meter?.watchCertificates?.(reloads.flatMap(({ key, endsAt }) => (endsAt === undefined ? [] : [{ key, endsAt }])));
  if (reloads.length === 0) return {};
  let underWay = Promise.resolve();
  let waiting: Promise<void> | undefined;
  return {
    // One at a time, and one that waits for all signals that came meanwhile: it reads what was on the disk last.
    reload: () => {
      waiting ??= underWay.then(() => {
        waiting = undefined;
        return (underWay = takeAll(reloads, log));
      });
      return waiting;
    },
  };
}

async function takeAll(reloads: readonly Reload[], log: (event: ReloadEvent | GateEvent) => void): Promise<void> {
  for (const reload of reloads) await takeOne(reload, log);
}

/** A certificate that is wrong keeps no policy from being taken, and the other way round. */
async function takeOne({ key, take }: Reload, log: (event: ReloadEvent | GateEvent) => void): Promise<void> {
  try {
    log({ kind: 'reload', key, status: 'taken', now: await take() });
  } catch (error) {
    if (!(error instanceof InputError || error instanceof Fault)) log(toUnexpectedEvent(error));
    const { code, message } =
      error instanceof InputError || error instanceof Fault ? error : { code: 'INTERNAL' as const, message: 'something unexpected' };
    log({ kind: 'reload', key, status: 'refused', code, detail: message });
  }
}
