import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../_process.js';

/** One thing that the walk tells its reader to do. */
export type Step =
  /** A configuration file with this text. */
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  /** Lines for a shell. */
  | { readonly kind: 'shell'; readonly text: string }
  /** A program to start and to leave running. */
  | { readonly kind: 'start'; readonly program: string; readonly config: string };

/** A section of the walk. */
export interface Section {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** The walk of docs/deployment.md: its sections with what they tell to do, in their order, and the lines of its reverse proxy. */
export function readWalk(): {
  readonly sections: readonly Section[];
  readonly proxied: readonly { readonly name: string; readonly port: number }[];
} {
  const text = readFileSync(join(root, 'docs/deployment.md'), 'utf8');
  const [, walk = ''] = /^## The walk\n([\s\S]*?)^## /m.exec(text) ?? [];
  const sections = walk
    .split(/^### /m)
    .slice(1)
    .map((part) => ({ title: part.slice(0, part.indexOf('\n')), steps: stepsOf(part) }));
  const proxied = [...walk.matchAll(/^([a-z]+\.example) \{ reverse_proxy 127\.0\.0\.1:(\d+) \}$/gm)].map(([, name = '', port]) => ({
    name,
    port: Number(port),
  }));
  return { sections, proxied };
}

function stepsOf(part: string): readonly Step[] {
  const blocks = [...part.matchAll(/(?:^`([\w.-]+)`:\n\n)?^```(\w*)\n([\s\S]*?)^```$/gm)];
  return blocks.flatMap(([, name, language, text = '']): readonly Step[] => {
    if (language === 'json' && name !== undefined) return [{ kind: 'file', name, text }];
    if (language === 'sh') return [{ kind: 'shell', text }];
    return [...text.matchAll(/^node agents\/([\w-]+)\/dist\/main\.js --config (\S+)$/gm)].map(([, program = '', config = '']) => ({
      kind: 'start' as const,
      program,
      config,
    }));
  });
}
