import process from 'node:process';
import type { FaultCode, TenantId } from '@gridpass/core';

/** What a program does by itself, told to operators where no answer could tell of it: what it could not do, or what was asked by a file and is done. */
export type ProgramEvent =
  | { readonly kind: 'fault'; readonly code: FaultCode; readonly tenant: TenantId; readonly detail: string }
  | { readonly kind: 'done'; readonly tenant: TenantId; readonly detail: string };

/** Where a program says it unless told otherwise: a fault as one line of JSON on standard error, what is done as a line on standard output. */
export function tellOperator(event: ProgramEvent): void {
  if (event.kind === 'fault') process.stderr.write(`${JSON.stringify(event)}\n`);
  else process.stdout.write(`log of ${event.tenant}: ${event.detail}\n`);
}
