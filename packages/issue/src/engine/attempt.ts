import { Fault } from '@gridpass/core';

/** Runs one of several steps that do not wait for each other: its Fault is handed back, to be told once the others are done. */
export async function orFault<T>(step: () => Promise<T>): Promise<T | Fault> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}
