// Builders, fake clock, resolver and log, real database and chain for tests.
export { DEVELOPMENT_KEYS, startAnvil } from './anvil.js';
export { createFakeClock } from './fake-clock.js';
export type { FakeClock } from './fake-clock.js';
export { createFakeResolver } from './fake-resolver.js';
export type { FakeResolver } from './fake-resolver.js';
export { createFakeStatus } from './fake-status.js';
export type { FakeStatus } from './fake-status.js';
export { createFakeAuthority } from './fake-authority.js';
export type { FakeAuthority } from './fake-authority.js';
export { createFakeChallenges } from './fake-challenges.js';
export { linesOf, spawnTypeScript } from './spawn-typescript.js';
export { startPostgres } from './postgres.js';
export type { TestPostgres } from './postgres.js';
export { createParty } from './parties.js';
export { AUDIENCE, CHANNEL, CLAIMS, NOON, TENANT, createPaperSociety, received } from './society.js';
export type { PaperSociety } from './society.js';
