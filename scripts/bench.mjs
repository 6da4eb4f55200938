// npm run bench [-- NAME ...]: builds, then runs test/bench/*.mjs one after another, each in a process of its own.
// Figures are ratios against a peer measured in the same run; docs/performance.md says what each one means.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, install, onSupportedNode, root, run } from './workspace.mjs';

await onSupportedNode();
await install();
await build();
const asked = process.argv.slice(2);
const files = readdirSync(join(root, 'test/bench'))
  .filter((file) => file.endsWith('.mjs') && !file.startsWith('_'))
  .filter((file) => asked.length === 0 || asked.includes(basename(file, '.mjs')))
  .sort();
if (files.length === 0) {
  console.error(`no such benchmark: ${asked.join(', ')}`);
  process.exit(1);
}
for (const file of files) {
  console.log(`\n== ${basename(file, '.mjs')}`);
  const code = await run(process.execPath, [join(root, 'test/bench/_run.mjs'), join(root, 'test/bench', file)]);
  if (code !== 0) process.exitCode = 1;
}
