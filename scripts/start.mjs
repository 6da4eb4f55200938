// npm start: install, build, run a whole society; Ctrl-C stops all of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, onSupportedNode, root, run } from './workspace.mjs';

if (process.argv.includes('--help')) {
  process.stdout.write(readFileSync(join(root, 'agents', 'society', 'usage.txt'), 'utf8'));
  process.exit(0);
}
await onSupportedNode();
await install();
await build();
// The society closes itself on the terminal's signal; this parent only waits for it to end.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
process.exitCode = await run(process.execPath, [join(root, 'agents', 'society', 'dist', 'main.js'), ...process.argv.slice(2)]);
