import { Fault } from '@gridpass/core';
import type { FaultCode } from '@gridpass/core';

/**
 * The answer of a port, or a fault when it does not come in time. What arrives afterwards is dropped: a late yes grants
 * nothing. A port that throws anything but a Fault is reported under the same code.
 */
export async function within<T>(milliseconds: number, code: FaultCode, ask: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Fault(code, 'no answer in time')), milliseconds);
  });
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    throw error instanceof Fault ? error : new Fault(code, 'a port failed', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
