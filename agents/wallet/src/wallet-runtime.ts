import type { Did } from '@gridpass/core';
import type { GateClient, Holder } from '@gridpass/hold';
import type { WalletTenantConfig } from './config.js';

/** One wallet at work. */
export interface WalletRuntime {
  readonly config: WalletTenantConfig;
  readonly did: Did | undefined;
  readonly holder: Holder;
  /** Calls resources behind gates in this wallet's name. */
  readonly client: GateClient;
}
