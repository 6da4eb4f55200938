import { isJsonObject } from '@gridpass/codec';
import { InputError } from '@gridpass/core';

/** Where configurations say that a program listens; `test/docs/configured-files.test.ts` holds it against every schema. */
export const LISTENERS = ['http', 'metrics', 'mqtt'] as const;
const EVERYWHERE: ReadonlySet<unknown> = new Set(['0.0.0.0', '::']);

/**
 * Throws InputError CONFIG_INVALID with both keys where two listeners of one program take the same port of the same address; an address of all
 * has those of each. Port 0 is another free one each time.
 */
export function assertOwnPorts(configured: object): void {
  const listeners = LISTENERS.flatMap((key) => {
    const one: unknown = (configured as Readonly<Record<string, unknown>>)[key];
    if (!isJsonObject(one)) return [];
    const { host, port } = one;
    return typeof port === 'number' && port !== 0 ? [{ key, host, port }] : [];
  });
  for (const [index, one] of listeners.entries()) {
    const other = listeners.slice(0, index).find(({ host, port }) => port === one.port && sharesAddress(host, one.host));
    if (other !== undefined)
      throw new InputError('CONFIG_INVALID', `${one.key}.port: ${one.port} is that of ${other.key}.port; each needs one of its own`);
  }
}

function sharesAddress(one: unknown, other: unknown): boolean {
  return one === other || EVERYWHERE.has(one) || EVERYWHERE.has(other);
}
