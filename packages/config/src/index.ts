// A program's schema, its file, its environment and its command line come in, once, at start; one frozen object goes
// out. Later sources win: file, environment, overrides. A key that nothing reads is an error that names the nearest
// known one, because a misspelt limit is a missing limit. Errors name keys and what to do, never values: they may be
// secrets. describeConfig lists what a program reads, for --check-config and for its README.
export { readConfig } from './read-config.js';
export type { ReadConfigOptions } from './read-config.js';
export { describeConfig } from './describe.js';
export type { ConfigKey } from './describe.js';
