import { InputError } from '@gridpass/core';
import type { Clock, EthrBlock, EthrEventRepository, EthrIndexName, Fault, Instant, TenantId } from '@gridpass/core';
import type { EthrRpc } from './rpc.js';

export interface EthrIndexSettings {
  /** Whose store rows the index is in: the program's own tenant. */
  readonly tenant: TenantId;
  readonly chainId: number;
  readonly registry: string;
  readonly rpc: EthrRpc;
  /** A second node of the same chain; where it disagrees about what is final nothing is answered. */
  readonly witness?: EthrRpc;
  readonly repository: EthrEventRepository;
  readonly clock: Clock;
  /** A block not after the registry's first event; 0 unless told. */
  readonly startBlock?: number;
  /** How many blocks the chain may take back; 64 unless told, 0 where each block is final. */
  readonly finalityDepth?: number;
  /** Seconds between looks at the chain; 0 looks only when asked. 1 unless told. */
  readonly pollSeconds?: number;
  /** How long after the last look answers still count; 5 unless told. */
  readonly freshSeconds?: number;
  /** The newest block must not be older; for chains that make blocks steadily. */
  readonly maxHeadAgeSeconds?: number;
  readonly maxDocuments?: number;
  readonly maxHistoryEvents?: number;
  /** How many kept identities are compared with the registry's own record at each look; 4 unless told. */
  readonly auditPerPoll?: number;
  readonly logRange?: { readonly first: number; readonly most: number; readonly logs: number };
}

export interface EthrIndexStatus extends EthrIndexName {
  readonly head: EthrBlock | undefined;
  readonly witnessed: number;
  readonly confirmedAt: Instant | undefined;
  readonly fresh: boolean;
  /** Why the last look did not succeed. */
  readonly fault: Fault | undefined;
}

/** Throws InputError CONFIG_INVALID. */
export function checkSettings(settings: EthrIndexSettings): void {
  const wrong = (what: string): never => {
    throw new InputError('CONFIG_INVALID', `did:ethr index: ${what}`);
  };
  if (!/^0x[0-9a-fA-F]{40}$/.test(settings.registry)) wrong('the registry is a contract address');
  if (!Number.isSafeInteger(settings.chainId) || settings.chainId < 1) wrong('chainId is a positive integer');
  for (const name of ['startBlock', 'finalityDepth', 'freshSeconds', 'auditPerPoll', 'maxDocuments', 'maxHistoryEvents'] as const) {
    const value = settings[name];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) wrong(`${name} is a whole number`);
  }
  if (settings.pollSeconds !== undefined && !(settings.pollSeconds >= 0)) wrong('pollSeconds is not negative');
}
