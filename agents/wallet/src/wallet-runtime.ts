import type { GateClient, Holder } from '@gridpass/hold';
import type { LiveKey } from '@gridpass/program';
import type { WalletTenantConfig } from './config.js';

/** One wallet at work. */
export interface WalletRuntime {
  readonly config: WalletTenantConfig;
  /** What the program's lines call it: an organisation's tenant; for a household, whose tenant may be somebody's name, a name of this start alone. */
  readonly name: string;
  /** An organisation's; a household has another DID for everybody. */
  readonly identity: Pick<LiveKey, 'did' | 'kid' | 'publicJwk'> | undefined;
  /** The log of what was done to an organisation's DID; a household has none. */
  readonly exportLog: (() => AsyncIterable<string>) | undefined;
  readonly holder: Holder;
  /** Calls resources behind gates in this wallet's name. */
  readonly client: GateClient;
}
