import { createServer } from 'node:net';
import { Fault } from '@gridpass/core';
import type { SocietyState } from './state-file.js';

/** The ports of a society, side by side from the first. */
export function portsFrom(base: number): SocietyState['ports'] {
  return {
    issuer: base,
    wallet: base + 1,
    marketplace: base + 2,
    mqtt: base + 3,
    ledgerGate: base + 4,
    chain: base + 5,
    otherWallets: base + 6,
  };
}

/** Throws Fault PORT_BUSY that names each port that is taken: better before anything has started than halfway. */
export async function assertPortsFree(ports: SocietyState['ports']): Promise<void> {
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports)) if (!(await isFree(port))) taken.push(`${port} (${name})`);
  if (taken.length > 0) {
    throw new Fault(
      'PORT_BUSY',
      `taken by another program: ${taken.join(', ')}. Stop it (is a society running already?), or begin another society with --directory DIR --port-base N`,
    );
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
