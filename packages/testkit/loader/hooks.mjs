import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const ROOT = new URL('../../../', import.meta.url);

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
  const { code } = await transform(await readFile(fileURLToPath(url), 'utf8'), {
    filename: fileURLToPath(url),
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  });
  return { format: 'module', source: code, shortCircuit: true };
}
