// Builders, fake clock, resolver and log, real database and chain for tests.
export {};
