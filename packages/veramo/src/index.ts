// `createAgent` is a Veramo agent for one tenant: keys in our vault (vault-kms.ts), DIDs in our store (did-store.ts), DIDs
// made so that our resolver reads them back to the very key (providers.ts), and our resolver behind Veramo's plugin.
// `didSigner` gives programs of ours a signer for a managed DID without the agent's bus between.
// `GridpassPlugin` goes the other way: our verbs for any Veramo agent, signing with whatever keys that agent keeps.
// Verdicts come from our verifier alone; Veramo's own verification is never asked.
export { createAgent } from './agent.js';
export type { AgentParts, GridpassAgent } from './agent.js';
export { didSigner, didSignerOfAgent } from './did-signer.js';
export { RepositoryDidStore } from './did-store.js';
export type { DidStoreParts } from './did-store.js';
export { GridpassPlugin } from './plugin.js';
export type { GridpassPluginParts } from './plugin.js';
export type { Answer, GridpassContext, IGridpass, IssueArguments, PresentArguments, VerifyPresentationArguments } from './plugin-types.js';
export { createDidProviders } from './providers.js';
export { KMS_NAME, VaultKeyStore, VaultKms } from './vault-kms.js';
