// The gridpass command. Arguments come in; each command file under commands/ asks a package or a running issuer and
// prints: JSON or a table on standard output, progress on standard error. Yes and done are exit code 0; no is 1 with the
// answer on standard output; errors are 1 with one line that begins with a stable code. The target is the society on
// this machine, from .gridpass/society.json, unless --url and OPERATOR_TOKEN say otherwise.
export { runCli } from './run-cli.js';
export type { Io } from './io.js';
