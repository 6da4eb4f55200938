// node scripts/run.mjs TOOL [ARGUMENT ...]: a tool of this workspace, on a supported Node and with what the lock file names.
import { install, jestCommand, onSupportedNode, run, tool } from './workspace.mjs';

await onSupportedNode();
await install();
const [name, ...args] = process.argv.slice(2);
process.exitCode = await run(process.execPath, name === 'jest' ? jestCommand(args) : [tool(name), ...args]);
