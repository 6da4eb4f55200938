import type { TargetOptions } from './society-file.js';

/** The options by which a command finds what it asks; the command that comes next needs them too. */
const CARRIED = ['society', 'url', 'tenant', 'wallet'] as const;

/** A command to run next, at the same target, as a shell reads it. */
export function advise(options: TargetOptions & { readonly wallet?: string }, ...words: readonly string[]): string {
  const target = CARRIED.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  return ['gridpass', ...words, ...target].map(quote).join(' ');
}

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
