import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../', import.meta.url);
/** What was compiled once is not compiled again by the next process: a program is some 300 files. */
const CACHE = new URL('node_modules/.cache/gridpass/typescript/', ROOT);
const OPTIONS = { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' };
const COMPILER = createHash('sha256')
  .update(JSON.stringify(OPTIONS))
  .update(await readFile(new URL('node_modules/@swc/core/package.json', ROOT)))
  .digest('hex');

/** `@gridpass/x` is the source of package x; `./y.js` is `./y.ts` where only that exists. */
export async function resolve(specifier, context, next) {
  if (specifier.startsWith('@gridpass/')) {
    const name = specifier.slice('@gridpass/'.length);
    for (const folder of ['packages', 'agents']) {
      const url = new URL(`${folder}/${name}/src/index.ts`, ROOT);
      if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true };
    }
  }
  if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
    const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const text = await readFile(filename, 'utf8');
  const name = createHash('sha256').update(COMPILER).update(filename).update('\0').update(text).digest('hex');
  const known = new URL(`${name}.js`, CACHE);
  const source = existsSync(known) ? await readFile(known, 'utf8') : await compile(text, filename, known);
  return { format: 'module', source, shortCircuit: true };
}

/** Several processes may do this at once: each renames a whole file into place, and they are all alike. */
async function compile(text, filename, known) {
  const { transform } = await import('@swc/core');
  const { code } = await transform(text, { ...OPTIONS, filename });
  await mkdir(CACHE, { recursive: true });
  const part = new URL(`${known.href}.${randomUUID()}`);
  await writeFile(part, code);
  await rename(part, known);
  return code;
}
