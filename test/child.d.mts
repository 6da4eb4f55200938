import type { SpawnOptions } from 'node:child_process';

/** Runs Node to its end, once more where V8 ended its own process; `say` hears one line of that. */
export function runNode(
  args: readonly string[],
  options: SpawnOptions,
  say?: (line: string) => void,
): Promise<{ readonly code: number | null; readonly signal: string | null; readonly stdout: string }>;
