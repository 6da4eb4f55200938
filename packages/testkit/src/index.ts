// Builders, fake clock, resolver and log, real database and chain for tests.
export { DEVELOPMENT_KEYS, startAnvil } from './anvil.js';
