import type { GateClient, Holder } from '@gridpass/hold';
import type { LiveKey } from '@gridpass/program';
import type { WalletTenantConfig } from './config.js';

/** One wallet at work. */
export interface WalletRuntime {
  readonly config: WalletTenantConfig;
  /** An organisation's; a household has another DID for everybody. */
  readonly identity: Pick<LiveKey, 'did' | 'kid' | 'publicJwk'> | undefined;
  /** The log of what was done to an organisation's DID; a household has none. */
  readonly exportLog: (() => AsyncIterable<string>) | undefined;
  readonly holder: Holder;
  /** Calls resources behind gates in this wallet's name. */
  readonly client: GateClient;
}
