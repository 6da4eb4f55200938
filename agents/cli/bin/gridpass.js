#!/usr/bin/env node
// Committed as it is, so that npm links it before anything is built.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(fileURLToPath(main))) {
  await import(main.href);
} else {
  process.stderr.write(
    'NOT_BUILT: gridpass is not built yet; run `npm install && npm run build` in the project, or `npm start`, which does both\n',
  );
  process.exitCode = 1;
}
