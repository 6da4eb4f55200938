// The TypeScript and JavaScript of README.md, docs and package READMEs, as one program over the sources. What a snippet takes for granted is
// declared in placeholders.ts; each file is judged as it stands in its own folder.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { PLACEHOLDERS } from './placeholders.js';

const root = join(import.meta.dirname, '../..');
const folders = [
  '.',
  'docs',
  ...['packages', 'agents'].flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`)),
];

/** The snippets of each text by the name of the file they are judged as; a later block goes on where an earlier one ended. */
const snippets = new Map(
  folders.flatMap((folder) => {
    const texts = folder === 'docs' ? readdirSync(join(root, folder)).filter((name) => name.endsWith('.md')) : ['README.md'];
    return texts.flatMap((name): readonly (readonly [string, string])[] => {
      const path = join(root, folder, name);
      if (!existsSync(path)) return [];
      const blocks = [...readFileSync(path, 'utf8').matchAll(/^```(?:ts|js)\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);
      const placeholders = PLACEHOLDERS[relative(root, path)] ?? '';
      return blocks.length === 0 ? [] : [[`${path}.ts`, `${blocks.join('\n')}\n${placeholders}\nexport {};\n`]];
    });
  }),
);

/** What the compiler says of each file; only the snippets themselves are judged, so that the sources are read and not checked again. */
function judge(): ReadonlyMap<string, readonly string[]> {
  const base = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => readFileSync(path, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(base.config, ts.sys, root);
  const settings = { ...options, noEmit: true, composite: false, declaration: false, declarationMap: false, sourceMap: false };
  const host = ts.createCompilerHost(settings);
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseNone;
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => snippets.has(file) || fileExists(file);
  host.readFile = (file) => snippets.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = snippets.get(file);
    return text === undefined ? getSourceFile(file, version, ...rest) : ts.createSourceFile(file, text, version);
  };
  const program = ts.createProgram([...snippets.keys()], settings, host);
  return new Map(
    [...snippets.keys()].map((file) => {
      const source = program.getSourceFile(file);
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [
        relative(root, file).slice(0, -'.ts'.length),
        found.map(({ messageText, start }) => {
          const line = (snippets.get(file) ?? '').slice(0, start).split('\n').length;
          return `line ${line} of the snippets: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
        }),
      ];
    }),
  );
}

describe('the snippets of the texts', () => {
  const judged = judge();

  it('are found', () => {
    expect(judged.size).toBeGreaterThan(25);
    // A placeholder of a text without snippets would hide nothing and say that there is one.
    expect(Object.keys(PLACEHOLDERS).filter((name) => !judged.has(name))).toEqual([]);
  });

  it.each([...judged])('%s: compiles against what the packages export', (_name, problems) => {
    expect(problems).toEqual([]);
  });
});
