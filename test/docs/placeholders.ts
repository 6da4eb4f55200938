/** What the snippets of a text take for granted, declared for the compiler: the words of the text with the types of the packages. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  'packages/gate/README.md': `
    type Settings = import('@gridpass/gate').GateSettings;
    declare const tenant: Settings['tenant'];
    declare const verifier: Settings['verifier'];
    declare const audit: Settings['audit'];
    declare const challenges: Settings['challenges'];
    declare const grants: Settings['grants'];
    declare const status: Settings['status'];
    declare const signer: Settings['signer'];
    declare const clock: Settings['clock'];
    declare const policySet: import('@gridpass/policy').PolicySet;
    declare const app: import('koa');
    declare const router: import('@koa/router').Router;
    declare function readOrder(ctx: import('koa').Context): Promise<{ readonly zone: string; readonly orderWh: number }>;
  `,
  'packages/ledger/README.md': `
    type Admission = Parameters<import('@gridpass/ledger').AdmissionWriter['admit']>[0][number];
    declare const account: Admission['account'];
    declare const until: Admission['until'];
    declare const receipt: Admission['receipt'];
    declare const trader: import('@gridpass/ledger').AccountSigner;
    declare const interval: import('@gridpass/core').Instant;
  `,
  'agents/device/README.md': `
    type Config = Parameters<typeof composeDevice>[0];
    type Parts = Parameters<typeof composeDevice>[1];
    declare const tenant: Config['tenant'];
    declare const market: Config['market'];
    declare const store: Parts['store'];
    declare const signer: Parts['signer'];
    declare const keyId: Parts['keyId'];
    declare const resolver: Parts['resolver'];
    declare const fetch: Parts['fetch'];
    declare const clock: Parts['clock'];
    declare const issuerTrust: Parts['issuerTrust'];
    declare const meteringPointHash: string;
    declare const interval: number;
  `,
  'agents/marketplace/README.md': `
    type Parts = Parameters<typeof composeMarketplace>[1];
    declare const config: Parameters<typeof composeMarketplace>[0];
    declare const store: Parts['store'];
    declare const signer: Parts['signer'];
    declare const audit: Parts['audit'];
    declare const nonceSecrets: Parts['nonceSecrets'];
    declare const resolver: Parts['resolver'];
    declare const fetch: Parts['fetch'];
    declare const clock: Parts['clock'];
    declare const anchors: Parts['anchors'];
    declare const log: Parts['log'];
  `,
};
