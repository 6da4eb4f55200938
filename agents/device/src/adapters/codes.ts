import { FAULTS, REFUSALS, type FaultCode, type RefusalCode } from '@gridpass/core';

/** Whether what another party sent is a refusal code of the house. */
export const isRefusalCode = (code: unknown): code is RefusalCode => typeof code === 'string' && Object.hasOwn(REFUSALS, code);

/** Whether it is a fault code: then the other side could not tell, and nothing was refused. */
export const isFaultCode = (code: unknown): code is FaultCode => typeof code === 'string' && Object.hasOwn(FAULTS, code);
