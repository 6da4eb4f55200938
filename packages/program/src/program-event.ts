import process from 'node:process';
import type { FaultCode, TenantId } from '@gridpass/core';

/** One line for operators about what a program does by itself, where no answer could tell of it. */
export interface ProgramEvent {
  readonly kind: 'fault';
  readonly code: FaultCode;
  readonly tenant: TenantId;
  readonly detail: string;
}

/** Where a program says it unless told otherwise: as one line of JSON on standard error. */
export function tellOnStandardError(event: ProgramEvent): void {
  process.stderr.write(`${JSON.stringify(event)}\n`);
}
