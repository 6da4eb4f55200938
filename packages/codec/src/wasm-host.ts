import { versions } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { InputError } from '@gridpass/core';

/** The oldest Node that the packages declare in `engines`. */
const OLDEST = [22, 12] as const;
/** The first Node whose V8 may inline calls into WebAssembly (scripts/compat: `npm run compat -- --deopt`). */
const FIRST_SOUND = 24;

/**
 * Whoever loads an engine that is WebAssembly calls this first, so that it holds in a program of anybody's own, too.
 * Throws InputError CONFIG_INVALID on a Node older than the packages declare: npm only warns of `engines`.
 *
 * On Node 22, V8 ends the process ("unreachable code", in `Deoptimizer::DoComputeBuiltinContinuation`) when it gives up compiled code in
 * the midst of an inlined call into WebAssembly. Not inlining such calls costs nothing that a benchmark shows. The flag counts for what
 * is compiled from then on, and V8 inlines a call only after it was made many times.
 */
export function prepareWasmHost(version: string = versions.node, setFlags: (flags: string) => void = setFlagsFromString): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (!(major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])))
    throw new InputError('CONFIG_INVALID', `Gridpass needs Node ${OLDEST.join('.')} or newer, and this is ${version}`);
  if (major < FIRST_SOUND) setFlags('--no-turbo-inline-js-wasm-calls');
}
