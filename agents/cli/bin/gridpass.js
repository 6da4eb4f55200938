#!/usr/bin/env node
// Committed as it is, so that npm links it before anything is built, and readable for an old Node, so that it can say what is missing.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => new URL(path, import.meta.url);
const main = at('../dist/main.js');
const oldest = JSON.parse(readFileSync(at('../package.json'), 'utf8')).engines.node.replace('>=', '');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number);

if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  // In a checkout the pinned Node is at hand, and this comes again on it.
  const runtime = at('../../../scripts/node.mjs');
  if (existsSync(fileURLToPath(runtime))) await (await import(runtime.href)).onSupportedNode();
  process.stderr.write(`NODE_TOO_OLD: gridpass needs Node ${oldest} or newer, and this is ${process.versions.node}\n`);
  process.exitCode = 1;
} else if (existsSync(fileURLToPath(main))) {
  await import(main.href);
} else {
  process.stderr.write(
    'NOT_BUILT: gridpass is not built yet; run `npm install && npm run build` in the project, or `npm start`, which does both\n',
  );
  process.exitCode = 1;
}
