// npm run fuzz [-- --minutes 10 --target NAME --seed N --save]: every parser with changed inputs, for a long time.
import { join } from 'node:path';
import { install, onSupportedNode, root, run } from './workspace.mjs';

await onSupportedNode();
await install();
const loader = join(root, 'packages', 'testkit', 'loader', 'register.mjs');
process.exitCode = await run(process.execPath, [
  '--no-warnings',
  '--import',
  loader,
  join(root, 'test', 'fuzz', 'main.ts'),
  ...process.argv.slice(2),
]);
