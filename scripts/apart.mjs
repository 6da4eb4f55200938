// npm run apart: the walk of docs/deployment.md with separate programs, databases, TLS and a chain, as test/e2e/06-apart has it.
// `npm test` leaves it out for its length.
import { build, install, jestCommand, onSupportedNode, run } from './workspace.mjs';

await onSupportedNode();
await install();
await build();
const code = await run(process.execPath, jestCommand(['--config', 'jest.apart.config.js', ...process.argv.slice(2)]));
process.exitCode = code === 0 ? 0 : 1;
